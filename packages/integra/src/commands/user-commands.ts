import { COMMAND } from '../codec/command-numbers.ts'
import { type CardAnswer, type CardRequest, decodeCardAnswer, encodeCardRequest } from '../codec/user-cards.ts'
import { encodeUserCode } from '../codec/user-code.ts'
import {
  decodeOwnUserRecord,
  decodeUserList,
  decodeUserLocks,
  decodeUserRecord,
  encodeTelephoneCode,
  encodeUserSettings,
  OWN_USER_BYTES,
  type OwnUserRecord,
  USER_BYTES,
  type UserList,
  type UserLocks,
  type UserRecord,
  type UserSettings,
} from '../codec/users.ts'
import type { PanelCommand } from './command.ts'
import type { Credentials } from './control-commands.ts'

/**
 * Commands about users, E0..EA (reference 4.7). The requesting user needs the "GUARDX using" right, otherwise the
 * result is 01, the same as for an unknown code; repeating such a request risks a lockout.
 */
export interface UserArgs extends Credentials {
  readonly user: number
}

const SECRETS = ['code', 'prefix'] as const

function head({ code, prefix }: Credentials): Uint8Array {
  return encodeUserCode(code, prefix)
}

/** The record of the user whose code it is: rights and partitions, to warn before a command is silently ignored. */
export const readOwnUser = {
  name: 'readOwnUser',
  number: COMMAND.readOwnUser,
  kind: 'read',
  encode: head,
  matches: (answer) => answer.length === OWN_USER_BYTES,
  decode: (answer, context) => decodeOwnUserRecord(answer, context.codePage),
  secrets: SECRETS,
} as const satisfies PanelCommand<Credentials, OwnUserRecord>

export const readUser = {
  name: 'readUser',
  number: COMMAND.readUser,
  kind: 'read',
  encode: (args) => Uint8Array.of(...head(args), args.user),
  matches: (answer, request) => answer.length === USER_BYTES && answer[0] === request[8],
  decode: (answer, context) => decodeUserRecord(answer, context.codePage),
  secrets: SECRETS,
} as const satisfies PanelCommand<UserArgs, UserRecord>

export const readUserList = {
  name: 'readUserList',
  number: COMMAND.readUserList,
  kind: 'read',
  encode: (args) => Uint8Array.of(...head(args), args.user),
  matches: (answer, request) => answer.length === 61 && answer[0] === request[8],
  decode: decodeUserList,
  secrets: SECRETS,
} as const satisfies PanelCommand<UserArgs, UserList>

export const readUserLocks = {
  name: 'readUserLocks',
  number: COMMAND.readUserLocks,
  kind: 'read',
  encode: (args) => Uint8Array.of(...head(args), args.user),
  matches: (answer, request) => answer.length === 9 && answer[0] === request[8],
  decode: decodeUserLocks,
  secrets: SECRETS,
} as const satisfies PanelCommand<UserArgs, UserLocks>

/** Controls answered by a result frame alone. */
function userControl<Args extends Credentials>(
  name: keyof typeof COMMAND,
  tail: (args: Args, codePage: Parameters<PanelCommand<Args, never>['encode']>[1]['codePage']) => Iterable<number>,
  secrets: readonly string[] = SECRETS,
): PanelCommand<Args, never> {
  return {
    name,
    number: COMMAND[name],
    kind: 'control',
    encode: (args, context) => Uint8Array.of(...head(args), ...tail(args, context.codePage)),
    matches: () => false,
    decode: () => undefined,
    secrets,
  }
}

export const writeUserLocks = userControl<UserArgs & { readonly locks: Uint8Array }>('writeUserLocks', (args) => {
  if (args.locks.length !== 8) throw new RangeError('a lock mask has 8 bytes')
  return [args.user, ...args.locks]
})
export const removeUser = userControl<UserArgs>('removeUser', (args) => [args.user])

const SETTINGS_SECRETS = ['code', 'prefix', 'settings'] as const

export const createUser = userControl<Credentials & { readonly settings: UserSettings }>(
  'createUser',
  (args, codePage) => encodeUserSettings(args.settings, codePage),
  SETTINGS_SECRETS,
)
export const changeUser = userControl<Credentials & { readonly settings: Omit<UserSettings, 'object'> }>(
  'changeUser',
  (args, codePage) => encodeUserSettings(args.settings, codePage),
  SETTINGS_SECRETS,
)
export const changeOwnCode = userControl<Credentials & { readonly newCode: string }>(
  'changeOwnCode',
  (args) => encodeUserCode(args.newCode, '', 4),
  ['code', 'prefix', 'newCode'],
)
export const changeOwnTelephoneCode = userControl<Credentials & { readonly newTelephoneCode: string }>(
  'changeOwnTelephoneCode',
  (args) => encodeTelephoneCode(args.newTelephoneCode),
  ['code', 'prefix', 'newTelephoneCode'],
)

type CardArgs<Request> = Credentials & { readonly request: Request }
type CardRead = Exclude<CardRequest, { readonly data: Uint8Array }>
type CardWrite = Extract<CardRequest, { readonly data: Uint8Array }>

function matchesCards(answer: Uint8Array, request: Uint8Array): boolean {
  const decoded = decodeCardAnswer(answer)
  if (decoded === undefined) return false
  if (decoded.kind === 'list') return answer[0] === request[8]
  if (decoded.kind === 'result') return decoded.function === request[8]
  return answer[0] === request[8] && decoded.user === request[9]
}

/** Cards, DALLAS chips and key fobs; writes and errors are answered by an E8 of their own with a result. */
export const readCards = {
  name: 'userCards',
  number: COMMAND.userCards,
  kind: 'read',
  encode: (args) => Uint8Array.of(...head(args), ...encodeCardRequest(args.request)),
  matches: matchesCards,
  decode: decodeCardAnswer,
  secrets: SECRETS,
} as const satisfies PanelCommand<CardArgs<CardRead>, CardAnswer>

export const writeCards = {
  ...readCards,
  kind: 'control',
  encode: (args) => Uint8Array.of(...head(args), ...encodeCardRequest(args.request)),
} as const satisfies PanelCommand<CardArgs<CardWrite>, CardAnswer>
