import type { PanelSpec } from './panel-spec.ts'
import { hasRight, rightsMask, type UserRight, usualRights } from './user-rights.ts'

export const FIRST_MASTER = 241
export const SERVICE_USER = 255
export const DURESS_TYPE = 4

/** A user as the panel keeps it. Codes never leave this folder but on the wire. */
export interface PanelUser {
  readonly number: number
  name: string
  code: string
  telephoneCode: string | undefined
  /** Bit n is partition n + 1. */
  partitions: number
  type: number
  time: number
  temporaryTime: number
  /** 24 bits, see user-rights.ts. */
  rights: number
  /** 0-based object of the user. */
  object: number
  /** Type byte of E6/E7: .7 simple, .6 master, .5 may isolate. */
  mayIsolate: boolean
  simple: boolean
  codeChanged: boolean
  telephoneCodeChanged: boolean
  /** Eight bytes of E3/E4, hex. */
  locks: string
  /** By E8 function pair: card, DALLAS, INT-RX fob, ABAX fob; hex. */
  tokens: Record<string, string>
}

export function isMaster(user: PanelUser): boolean {
  return user.number >= FIRST_MASTER && user.number < SERVICE_USER
}

/** Users 1..240, masters 241..248 and the service, with a look-up by code. */
export class PanelUsers {
  readonly #byNumber = new Map<number, PanelUser>()
  readonly #byCode = new Map<string, PanelUser>()
  readonly #prefix: string

  constructor(spec: PanelSpec) {
    this.#prefix = spec.codePrefix
    let all = 0
    for (const { number } of spec.partitions) all |= 1 << (number - 1)
    for (const user of spec.users) {
      let partitions = all
      if (user.partitions !== undefined) {
        partitions = 0
        for (const number of user.partitions) partitions |= 1 << (number - 1)
      }
      this.put({
        number: user.number,
        name: user.name,
        code: user.code,
        telephoneCode: user.telephoneCode,
        partitions,
        type: user.type,
        time: 0,
        temporaryTime: 0,
        rights: user.rights === undefined ? usualRights(user.number) : rightsMask(user.rights),
        object: user.object - 1,
        mayIsolate: user.number > 240,
        simple: false,
        codeChanged: true,
        telephoneCodeChanged: user.telephoneCode !== undefined,
        locks: '0000000000000000',
        tokens: {},
      })
    }
  }

  get all(): readonly PanelUser[] {
    return [...this.#byNumber.values()].sort((a, b) => a.number - b.number)
  }

  get(number: number): PanelUser | undefined {
    return this.#byNumber.get(number)
  }

  put(user: PanelUser): void {
    this.remove(user.number)
    this.#byNumber.set(user.number, user)
    this.#byCode.set(user.code, user)
  }

  remove(number: number): boolean {
    const user = this.#byNumber.get(number)
    if (user === undefined) return false
    this.#byCode.delete(user.code)
    return this.#byNumber.delete(number)
  }

  /** Puts back users of an earlier run; they replace those of the spec. */
  restore(users: readonly PanelUser[]): void {
    this.#byNumber.clear()
    this.#byCode.clear()
    for (const user of users) this.put(user)
  }

  /** The user whose digits these are; 8-byte fields carry the prefix where the panel wants one (reference 4.6). */
  byDigits(digits: string, withPrefix: boolean): PanelUser | undefined {
    if (!withPrefix || this.#prefix === '') return this.#byCode.get(digits)
    return digits.startsWith(this.#prefix) ? this.#byCode.get(digits.slice(this.#prefix.length)) : undefined
  }

  byCode(code: string): PanelUser | undefined {
    return this.#byCode.get(code)
  }

  changeCode(user: PanelUser, code: string): void {
    this.#byCode.delete(user.code)
    user.code = code
    user.codeChanged = true
    this.#byCode.set(code, user)
  }

  /** The lowest user who may do it, for actions that name nobody. */
  firstWith(right: UserRight): PanelUser | undefined {
    return this.all.find((user) => hasRight(user.rights, right))
  }
}
