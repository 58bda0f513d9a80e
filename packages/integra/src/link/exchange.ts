import { COMMAND } from '../codec/command-numbers.ts'
import { resultCode } from '../codec/results.ts'

/** What became of a request, before decoding. */
export type RawOutcome =
  | { readonly kind: 'answered'; readonly payload: Uint8Array }
  | { readonly kind: 'result'; readonly code: number }
  | { readonly kind: 'not_sent'; readonly reason: 'not_ready' | 'expired' | 'cancelled' | 'closed' }
  | { readonly kind: 'unknown'; readonly reason: 'timed_out' | 'connection_lost' }

/** One question to the module. Poll requests are shared by all links, so nothing here belongs to one link. */
export interface Request {
  readonly command: number
  readonly payload: Uint8Array
  /** The plaintext frame, encoded once. */
  readonly frame: Uint8Array
  readonly kind: 'control' | 'read'
  readonly matches: (answer: Uint8Array, request: Uint8Array) => boolean
  readonly silenceIsAnswer: boolean
  /** May be sent again while its answer is missing: a read that carries no user code. */
  readonly repeatable: boolean
  /** No result is ever its answer, so a result that comes meanwhile belongs to an older request (see `fenced`). */
  readonly neverRefused?: boolean
  /** Slower by nature: the longer time limit applies. */
  readonly slow?: boolean
  /** A time limit of its own, milliseconds. */
  readonly limitMs?: number
}

export interface QueuedRequest extends Request {
  readonly settle: (outcome: RawOutcome) => void
  /** Monotonic time after which it must not be sent any more. */
  readonly expiresAt: number
  readonly beforeSend: (() => boolean) | undefined
}

export function isQueued(request: Request): request is QueuedRequest {
  return 'settle' in request
}

export type Lane = 'command' | 'background'

const LANE_LIMIT = 64

/** When a missing answer is asked for again, in parts of the time limit. What is slow by nature may take 5 of its 8 s. */
const REPEAT_AT = [1 / 3, 2 / 3]
const REPEAT_SLOW_AT = [3 / 4]
const NEVER = Number.POSITIVE_INFINITY
/** A wake-up so much too late means that the process stood still. */
const HELD_UP_MS = 100

/**
 * One request in flight; the request says which answer is its own (reference 1.4). Two lanes wait: commands, which go
 * before the next poll, and background reads, which go when nothing else is due.
 */
export class Exchange {
  readonly #commands: QueuedRequest[] = []
  readonly #background: QueuedRequest[] = []
  #flight: Request | undefined
  #settle: ((outcome: RawOutcome) => void) | undefined
  #deadline = NEVER
  #sentAt = 0
  #repeats = 0
  #repeatedDamaged = false
  #graced = false
  #fenced = false

  get inFlight(): Request | undefined {
    return this.#flight
  }

  /** Monotonic time when the answer is overdue. */
  get deadline(): number {
    return this.#deadline
  }

  /**
   * Whether the answer is overdue. Asked much later than the deadline, the process itself was held up, and the answer
   * may be lying in the socket unread: once per request a moment is added to look there first.
   */
  isOverdue(now: number): boolean {
    if (now < this.#deadline) return false
    if (this.#graced || now - this.#deadline < HELD_UP_MS) return true
    this.#graced = true
    this.#deadline = now + HELD_UP_MS
    return false
  }

  /** Monotonic time when the request in flight is to be sent again. */
  get nextRepeat(): number {
    const flight = this.#flight
    if (flight === undefined || !flight.repeatable) return NEVER
    const part = (flight.slow === true ? REPEAT_SLOW_AT : REPEAT_AT)[this.#repeats]
    return part === undefined ? NEVER : this.#sentAt + (this.#deadline - this.#sentAt) * part
  }

  /**
   * Whether answers of a settled request may still be on their way: it was sent more than once, or nobody waited any
   * longer. One of them could be a result, and results do not say whose they are. A module answers in order, so the
   * answer to a request that is `neverRefused` proves that they have all passed; until then nothing else goes out.
   */
  get fenced(): boolean {
    return this.#fenced
  }

  /** Earliest time a waiting request expires. */
  get nextExpiry(): number {
    let next = NEVER
    for (const request of this.#commands) if (request.expiresAt < next) next = request.expiresAt
    for (const request of this.#background) if (request.expiresAt < next) next = request.expiresAt
    return next
  }

  hasWaiting(lane: Lane): boolean {
    return (lane === 'command' ? this.#commands : this.#background).length > 0
  }

  /** @returns false when the lane is full */
  enqueue(request: QueuedRequest, lane: Lane): boolean {
    const queue = lane === 'command' ? this.#commands : this.#background
    if (queue.length >= LANE_LIMIT) return false
    queue.push(request)
    return true
  }

  /** Takes a request out of its lane again; false when it is not waiting any more. */
  cancel(request: QueuedRequest): boolean {
    for (const queue of [this.#commands, this.#background]) {
      const at = queue.indexOf(request)
      if (at < 0) continue
      queue.splice(at, 1)
      request.settle({ kind: 'not_sent', reason: 'cancelled' })
      return true
    }
    return false
  }

  /** The next request of a lane that may still be sent, taken out of it. */
  take(lane: Lane, now: number): QueuedRequest | undefined {
    const queue = lane === 'command' ? this.#commands : this.#background
    for (let request = queue.shift(); request !== undefined; request = queue.shift()) {
      if (request.expiresAt <= now) request.settle({ kind: 'not_sent', reason: 'expired' })
      else if (request.beforeSend !== undefined && !request.beforeSend()) {
        request.settle({ kind: 'not_sent', reason: 'cancelled' })
      } else return request
    }
    return undefined
  }

  expire(now: number): void {
    for (const queue of [this.#commands, this.#background]) {
      for (let i = 0; i < queue.length; ) {
        const request = queue[i] as QueuedRequest
        if (request.expiresAt > now) {
          i++
          continue
        }
        queue.splice(i, 1)
        request.settle({ kind: 'not_sent', reason: 'expired' })
      }
    }
  }

  /** Notes that a request has been written. */
  sent(request: Request, now: number, limitMs: number, settle?: (outcome: RawOutcome) => void): void {
    this.#flight = request
    this.#sentAt = now
    this.#deadline = now + limitMs
    this.#settle = settle
    this.#repeats = 0
    this.#repeatedDamaged = false
    this.#graced = false
  }

  /** The request in flight, if its answer has been missing for so long that it is to be sent again. */
  takeRepeat(now: number): Request | undefined {
    if (this.nextRepeat > now) return undefined
    this.#repeats++
    return this.#flight
  }

  /** The request in flight, if its answer came damaged and it may be sent again; once per request. */
  takeDamaged(): Request | undefined {
    if (this.#flight?.repeatable !== true || this.#repeatedDamaged) return undefined
    this.#repeatedDamaged = true
    return this.#flight
  }

  /**
   * Whether a frame belongs to the request in flight: its own number and echo, or a result. A result that says
   * "done" answers no read.
   */
  match(command: number, payload: Uint8Array): RawOutcome | undefined {
    const flight = this.#flight
    if (flight === undefined) return undefined
    if (command === flight.command && flight.matches(payload, flight.payload)) return { kind: 'answered', payload }
    if (command !== COMMAND.result || payload.length !== 1 || flight.neverRefused === true) return undefined
    const code = payload[0] as number
    if (flight.kind === 'read' && resultCode(code).success) return undefined
    return { kind: 'result', code }
  }

  /** Ends the flight and tells whoever asked. */
  settle(outcome: RawOutcome): void {
    const settle = this.#settle
    if (this.#flight?.neverRefused === true) this.#fenced &&= outcome.kind !== 'answered'
    else if (this.#repeats > 0 || this.#repeatedDamaged || outcome.kind === 'unknown') this.#fenced = true
    this.#flight = undefined
    this.#settle = undefined
    this.#deadline = NEVER
    settle?.(outcome)
  }

  /** The connection is gone: what was sent is unknown, what waited was not sent. */
  fail(waitingReason: 'not_ready' | 'closed'): void {
    if (this.#flight !== undefined) this.settle({ kind: 'unknown', reason: 'connection_lost' })
    this.#fenced = false
    const waiting = [...this.#commands.splice(0), ...this.#background.splice(0)]
    for (const request of waiting) request.settle({ kind: 'not_sent', reason: waitingReason })
  }
}
