import { COMMAND, decodeUserCode, encodeFrame } from '@stam/integra/codec'
import { FIRST_MASTER, type PanelUser, SERVICE_USER } from '../panel/panel-users.ts'
import { hasRight } from '../panel/user-rights.ts'
import type { VirtualPanel } from '../panel/virtual-panel.ts'
import { userOf } from './control-requests.ts'
import type { Answer, RequestContext, RequestHandler } from './module-request.ts'
import { type Result, RESULT, result } from './result-answers.ts'
import { answerUserToken } from './user-tokens.ts'
import { decodeUserFields, ownRecord, USER_FIELD_BYTES, type UserFields, userList, userRecord } from './user-records.ts'

const LAST_USER = 240
const AUTO_NUMBER = 255
const SHORTEST_CODE = 4

type UserCommand = (context: RequestContext, user: PanelUser, rest: Uint8Array, command: number) => Answer | undefined

/**
 * 0xE0..0xEA: the code field has 4 bytes (code alone) or 8 (with prefix). Whoever lacks the "GUARDX using" right is
 * told that the code is unknown (reference 4.7).
 */
function userCommand(lengths: readonly number[], run: UserCommand): RequestHandler {
  return (context, payload, command) => {
    const field = [4, 8].find((bytes) => lengths.includes(payload.length - bytes))
    if (field === undefined) return undefined
    const user = userOf(context.panel, payload.subarray(0, field))
    if (user === undefined || !hasRight(user.rights, 'guardx')) return result(RESULT.codeNotRecognised)
    return run(context, user, payload.subarray(field), command)
  }
}

/** A command about another user: missing users and missing rights are refused alike for all of them. */
function aboutUser(
  more: number,
  edits: boolean,
  run: (context: RequestContext, target: PanelUser, rest: Uint8Array, command: number) => Answer,
): RequestHandler {
  return userCommand([1 + more], (context, user, rest, command) => {
    const target = context.panel.users.get(rest[0] as number)
    if (target === undefined) return result(RESULT.userMissing)
    if (edits && !mayEdit(user, target.number)) return result(RESULT.noAccess)
    return run(context, target, rest.subarray(1), command)
  })
}

function mayEdit(user: PanelUser, target: number): boolean {
  if (!hasRight(user.rights, 'edit_users')) return false
  return target <= LAST_USER || user.number === SERVICE_USER
}

/** Writes the change, its record and `EF 00`. */
function changed(panel: VirtualPanel, code: number, by: number, work: () => void): Answer {
  panel.transact(() => {
    work()
    panel.noteUsersChanged()
    panel.record({ code, source: by })
  })
  return result(RESULT.done)
}

const readOwn = userCommand([0], ({ panel }, user, _rest, command) => ({
  frame: encodeFrame(command, ownRecord(panel, user)),
}))

const readUser = aboutUser(0, false, (_context, target, _rest, command) => ({
  frame: encodeFrame(command, userRecord(target)),
}))

const readList = userCommand([1], ({ panel }, user, rest, command) => ({
  frame: encodeFrame(command, userList(panel, rest[0] as number, hasRight(user.rights, 'edit_users'))),
}))

const readLocks = aboutUser(0, false, (_context, target, _rest, command) => ({
  frame: encodeFrame(command, Uint8Array.of(target.number, ...Buffer.from(target.locks, 'hex'))),
}))

const writeLocks = aboutUser(8, true, ({ panel }, target, rest) =>
  changed(panel, 11, target.number, () => {
    target.locks = Buffer.from(rest).toString('hex')
  }),
)

const removeUser = aboutUser(0, true, ({ panel }, target) =>
  changed(panel, 13, target.number, () => panel.users.remove(target.number)),
)

/** Why a code or telephone code cannot be taken, if so. */
function codeRefusal(panel: VirtualPanel, fields: UserFields, own: PanelUser | undefined): Result | undefined {
  if (fields.code !== undefined) {
    const holder = panel.users.byCode(fields.code)
    if (fields.code.length < SHORTEST_CODE || (holder !== undefined && holder !== own)) return RESULT.wrongOrUsedCode
  }
  const { telephoneCode } = fields
  if (telephoneCode !== undefined) {
    if (panel.users.all.some((user) => user !== own && user.telephoneCode === telephoneCode)) {
      return RESULT.telephoneCodeUsed
    }
  }
  return undefined
}

function freeNumber(panel: VirtualPanel): number | undefined {
  for (let number = 1; number <= panel.layout.type.users; number++) {
    if (panel.users.get(number) === undefined) return number
  }
  return undefined
}

const createUser = userCommand([1 + USER_FIELD_BYTES, 2 + USER_FIELD_BYTES], ({ panel }, user, rest) => {
  const wanted = rest[0] as number
  const number = wanted === AUTO_NUMBER ? freeNumber(panel) : wanted
  if (number === undefined || number === 0 || number >= SERVICE_USER) return result(RESULT.otherError)
  if (!mayEdit(user, number)) return result(RESULT.noAccess)
  if (panel.users.get(number) !== undefined) return result(RESULT.userExists)
  const fields = decodeUserFields(rest.subarray(1))
  if (fields.code === undefined) return result(RESULT.wrongOrUsedCode)
  const refusal = codeRefusal(panel, fields, undefined)
  if (refusal !== undefined) return result(refusal)
  const { code } = fields
  return changed(panel, number >= FIRST_MASTER ? 16 : 9, number, () =>
    panel.users.put({
      ...fields,
      code,
      number,
      codeChanged: false,
      telephoneCodeChanged: false,
      locks: '0000000000000000',
      tokens: {},
    }),
  )
})

const changeUser = userCommand([1 + USER_FIELD_BYTES], ({ panel }, user, rest) => {
  const target = panel.users.get(rest[0] as number)
  if (target === undefined) return result(RESULT.userMissing)
  if (!mayEdit(user, target.number)) return result(RESULT.noAccess)
  const fields = decodeUserFields(rest.subarray(1))
  const refusal = codeRefusal(panel, fields, target)
  if (refusal !== undefined) return result(refusal)
  return changed(panel, target.number >= FIRST_MASTER ? 17 : 11, target.number, () =>
    panel.users.put({
      ...target,
      ...fields,
      object: target.object,
      code: fields.code ?? target.code,
      telephoneCode: fields.telephoneCode ?? target.telephoneCode,
    }),
  )
})

const changeOwnCode = userCommand([4], ({ panel }, user, rest) => {
  const code = decodeUserCode(rest)
  if (code === undefined || code.length < SHORTEST_CODE) return result(RESULT.otherError)
  if (code === user.code) return result(RESULT.codeUnchanged)
  if (panel.users.byCode(code) !== undefined) return result(RESULT.wrongOrUsedCode)
  return changed(panel, 3, user.number, () => panel.users.changeCode(user, code))
})

const changeOwnTelephoneCode = userCommand([2], ({ panel }, user, rest) => {
  const code = decodeUserCode(rest)
  if (code === undefined || code.length !== 4) return result(RESULT.otherError)
  if (code === user.telephoneCode) return result(RESULT.codeUnchanged)
  if (panel.users.all.some((other) => other.telephoneCode === code)) return result(RESULT.telephoneCodeUsed)
  return changed(panel, 982, user.number, () => {
    user.telephoneCode = code
    user.telephoneCodeChanged = true
  })
})

const userTokens: RequestHandler = (context, payload, command) => {
  // The function letter behind the code tells the length, so both code lengths are tried.
  for (const field of [4, 8]) {
    const rest = payload.subarray(field)
    const answer = payload.length > field ? answerUserToken(context, payload.subarray(0, field), rest) : undefined
    if (answer !== undefined) return { frame: encodeFrame(command, answer) }
  }
  return undefined
}

export const USER_REQUESTS: ReadonlyMap<number, RequestHandler> = new Map<number, RequestHandler>([
  [COMMAND.readOwnUser, readOwn],
  [COMMAND.readUser, readUser],
  [COMMAND.readUserList, readList],
  [COMMAND.readUserLocks, readLocks],
  [COMMAND.writeUserLocks, writeLocks],
  [COMMAND.removeUser, removeUser],
  [COMMAND.createUser, createUser],
  [COMMAND.changeUser, changeUser],
  [COMMAND.userCards, userTokens],
  [COMMAND.changeOwnCode, changeOwnCode],
  [COMMAND.changeOwnTelephoneCode, changeOwnTelephoneCode],
])
