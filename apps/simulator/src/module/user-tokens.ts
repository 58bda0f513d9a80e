import type { PanelUser } from '../panel/panel-users.ts'
import { hasRight } from '../panel/user-rights.ts'
import type { VirtualPanel } from '../panel/virtual-panel.ts'
import { userOf } from './control-requests.ts'
import type { RequestContext } from './module-request.ts'
import { RESULT } from './result-answers.ts'

/** What 0xE8 reads and writes, by its ASCII function (reference 4.7); bytes of data behind the user number. */
interface TokenFunction {
  readonly token: 'card' | 'dallas' | 'rx_fob' | 'abax_fob'
  readonly bytes: number
  readonly writes: boolean
}

const LIST = 0x30
const UNKNOWN = 0x3f
const FUNCTIONS: ReadonlyMap<number, TokenFunction> = new Map([
  [0x31, { token: 'card', bytes: 5, writes: false }],
  [0x32, { token: 'card', bytes: 5, writes: true }],
  [0x33, { token: 'dallas', bytes: 6, writes: false }],
  [0x34, { token: 'dallas', bytes: 6, writes: true }],
  [0x37, { token: 'rx_fob', bytes: 11, writes: false }],
  [0x38, { token: 'rx_fob', bytes: 11, writes: true }],
  [0x39, { token: 'abax_fob', bytes: 11, writes: false }],
  [0x41, { token: 'abax_fob', bytes: 11, writes: true }],
])

/** Users 1..248 in 31 bytes. */
function holders(panel: VirtualPanel, token: string): Uint8Array {
  const mask = new Uint8Array(31)
  for (const user of panel.users.all) {
    if (user.number > 248 || user.tokens[token] === undefined) continue
    const byte = (user.number - 1) >> 3
    mask[byte] = (mask[byte] as number) | (1 << ((user.number - 1) & 7))
  }
  return mask
}

function verdict(functionByte: number, user: number, code: number): Uint8Array {
  return Uint8Array.of(UNKNOWN, functionByte, user, code)
}

/**
 * Payload of the answer to 0xE8, or undefined when the length fits no function.
 * @param rest function letter, then its data
 */
export function answerUserToken(context: RequestContext, code: Uint8Array, rest: Uint8Array): Uint8Array | undefined {
  const { panel } = context
  const functionByte = rest[0] as number
  const known = FUNCTIONS.get(functionByte)
  const expected = functionByte === LIST ? 1 : known === undefined ? 2 : known.writes ? 2 + known.bytes : 2
  if (rest.length !== expected) return undefined
  const number = rest[1] ?? 0
  const user = userOf(panel, code)
  if (user === undefined || !hasRight(user.rights, 'guardx')) {
    return verdict(functionByte, number, RESULT.codeNotRecognised)
  }
  if (functionByte === LIST) return Uint8Array.of(LIST, ...holders(panel, 'card'), ...holders(panel, 'dallas'))
  if (known === undefined) return verdict(functionByte, number, RESULT.otherError)
  const target = panel.users.get(number)
  if (target === undefined) return verdict(functionByte, number, 0x80 | RESULT.userMissing)
  return known.writes
    ? writeToken(panel, user, target, functionByte, known, rest)
    : readToken(target, functionByte, known)
}

function readToken(target: PanelUser, functionByte: number, known: TokenFunction): Uint8Array {
  const data = new Uint8Array(known.bytes)
  data.set(Buffer.from(target.tokens[known.token] ?? '', 'hex'))
  return Uint8Array.of(functionByte, target.number, ...data)
}

function writeToken(
  panel: VirtualPanel,
  user: PanelUser,
  target: PanelUser,
  functionByte: number,
  known: TokenFunction,
  rest: Uint8Array,
): Uint8Array {
  if (!hasRight(user.rights, 'edit_users')) return verdict(functionByte, target.number, RESULT.noAccess)
  panel.transact(() => {
    const data = rest.subarray(2)
    // All zero removes the card or fob.
    if (data.every((byte) => byte === 0)) delete target.tokens[known.token]
    else target.tokens[known.token] = Buffer.from(data).toString('hex')
    panel.noteUsersChanged()
    panel.record({ code: 11, source: target.number })
  })
  return verdict(functionByte, target.number, RESULT.done)
}
