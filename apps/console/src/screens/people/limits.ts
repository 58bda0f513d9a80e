/** What somebody may do to an account, and why not: the rules of the server, told before they refuse. Pure. */
import { type HumanRole, humanRoles } from '@stam/contracts'
import { mayAdminister } from '@stam/domain'
import type { MessageKey } from '../../texts/texts.tsx'

export interface Limits {
  /** Name, language, sites, lock, sessions. */
  readonly edit: boolean
  /** Role, active or not, a new temporary password. */
  readonly govern: boolean
  readonly why: MessageKey | null
}

interface Someone {
  readonly id: string
  readonly role: HumanRole
}

export function limitsOn(me: Someone, user: Someone): Limits {
  if (user.id === me.id)
    return { edit: true, govern: false, why: me.role === 'MASTER' ? 'person.own_owner' : 'person.own' }
  if (!mayAdminister(me.role, user.role)) return { edit: false, govern: false, why: 'person.above' }
  return { edit: true, govern: true, why: null }
}

/** Roles that may be given: below the own one; an owner may give any. */
export const rolesToGive = (me: Pick<Someone, 'role'>): HumanRole[] =>
  humanRoles.filter((role) => mayAdminister(me.role, role))

/** Roles that see assigned sites only. */
export const isScoped = (role: HumanRole): boolean => role === 'TECHNICIAN' || role === 'FIELD_WORKER'
