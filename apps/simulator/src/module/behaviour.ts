import type { PanelMode } from '../panel/panel-spec.ts'
import type { SeededRandom } from '../seeded-random.ts'
import type { Fault } from './fault.ts'

/** A request as the module received it. */
export interface ReceivedRequest {
  readonly command: number
  readonly payload: Uint8Array
}

/** What becomes of an answer instead of simply being sent. */
export type AnswerFate =
  | { readonly kind: 'send' }
  | { readonly kind: 'lose' }
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'twice' }
  | { readonly kind: 'split' }
  /** These frame bytes go out in its place; encrypted where the module encrypts. */
  | { readonly kind: 'replace'; readonly frame: Uint8Array }
  /** Half of what would have gone on the wire. */
  | { readonly kind: 'half' }
  /** These bytes as they are, whatever the mode. */
  | { readonly kind: 'raw'; readonly bytes: Uint8Array }

/**
 * One way a module can behave. Behaviours are stacked; for each question the last one defined that has an opinion
 * wins, and without any the module is healthy.
 */
export interface Behaviour {
  readonly name: string
  /** A client has connected. */
  onConnect?(): 'accept' | 'busy' | 'close' | undefined
  /** A frame came in: lose it, cut the line, or carry on. */
  onRequest?(request: ReceivedRequest): 'ignore' | 'close' | 'reset' | undefined
  /** An answer is about to go out. Pushed frames are asked about as well. */
  onAnswer?(frame: Uint8Array): AnswerFate | undefined
  /** The socket stays open and dead: no answers, no pushes, no idle close. */
  readonly frozen?: boolean
  /** Nothing listens. */
  readonly refuses?: boolean
}

const LOSE: AnswerFate = { kind: 'lose' }
const FLAKY_SHARE = 0.1
const TIMEOUT_EVERY = 5

/** The lowest behaviour of the stack: the mode of the panel. */
export function modeBehaviour(mode: PanelMode, random: SeededRandom): Behaviour | undefined {
  if (mode === 'FLAKY') {
    return { name: 'FLAKY', onAnswer: () => (random.next() < FLAKY_SHARE ? LOSE : undefined) }
  }
  if (mode === 'TIMEOUT') {
    let count = 0
    return { name: 'TIMEOUT', onRequest: () => (++count % TIMEOUT_EVERY === 0 ? 'ignore' : undefined) }
  }
  return undefined
}

/** A frame whose check value is wrong and whose framing is right. */
function withBadCheck(frame: Uint8Array): Uint8Array {
  const last = frame.length - 3
  // A stuffed FE is two bytes; one other byte in their place is wrong as well.
  if (frame[last - 1] === 0xfe && frame[last] === 0xf0) {
    return Uint8Array.of(...frame.subarray(0, last - 1), 0x01, 0xfe, 0x0d)
  }
  const spoilt = frame.slice()
  const value = frame[last] as number
  spoilt[last] = (value ^ 0x01) === 0xfe ? value ^ 0x02 : value ^ 0x01
  return spoilt
}

const GARBAGE_BYTES = 40

function fateFor(fault: Fault, random: SeededRandom): ((frame: Uint8Array) => AnswerFate) | undefined {
  switch (fault.mode) {
    case 'drop':
      return () => LOSE
    case 'delay':
      return () => ({ kind: 'delay', ms: fault.delayMs })
    case 'bad_crc':
      return (frame) => ({ kind: 'replace', frame: withBadCheck(frame) })
    case 'half_frame':
      return () => ({ kind: 'half' })
    case 'garbage':
      return () => ({ kind: 'raw', bytes: random.bytes(GARBAGE_BYTES) })
    case 'split':
      return () => ({ kind: 'split' })
    case 'duplicate':
      return () => ({ kind: 'twice' })
    default:
      return undefined
  }
}

/**
 * A fault as a behaviour.
 * @param spent called when it has struck as often as it may
 */
export function faultBehaviour(fault: Fault, random: SeededRandom, spent: () => void): Behaviour {
  let left = fault.count ?? Number.POSITIVE_INFINITY
  const strikes = (): boolean => {
    if (left <= 0 || (fault.probability < 1 && random.next() >= fault.probability)) return false
    left--
    if (left === 0) spent()
    return true
  }
  const fate = fateFor(fault, random)
  if (fate !== undefined) return { name: fault.mode, onAnswer: (frame) => (strikes() ? fate(frame) : undefined) }
  switch (fault.mode) {
    case 'ignore':
      return { name: fault.mode, onRequest: () => (strikes() ? 'ignore' : undefined) }
    case 'close':
      return { name: fault.mode, onRequest: () => (strikes() ? (fault.reset ? 'reset' : 'close') : undefined) }
    case 'busy':
      return { name: fault.mode, onConnect: () => (strikes() ? 'busy' : undefined) }
    case 'freeze':
      return { name: fault.mode, frozen: true }
    case 'refuse':
      return { name: fault.mode, refuses: true }
    default:
      return { name: fault.mode }
  }
}
