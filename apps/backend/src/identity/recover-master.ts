/**
 * The way back for a MASTER whom nobody above can help (spec 06 knows no default password and no second door): whoever has the machine and the
 * database owner's login may give them a temporary password. Never over the network: no route leads here, and no process has that login.
 */
import {
  appendAudit,
  endSessionsOf,
  findCredentials,
  findUser,
  findUserSecurity,
  forgetSignInChoices,
  lockUsers,
  ownsUsers,
  setTemporaryPassword,
  type Store,
} from '@stam/store'
import { createPasswords } from './passwords.ts'
import { temporaryPassword } from './user-use-cases.ts'

export interface RecoverMaster {
  readonly email: string
  /** Removes passkeys, second factor and PIN as well; without it a second factor is still asked for. */
  readonly forgetPasskeys: boolean
  /** Who acts, as the machine knows them, for the record. */
  readonly operator: string
  readonly machine: string
}

export type Recovered =
  | {
      readonly outcome: 'recovered'
      readonly name: string
      readonly language: 'pl' | 'en'
      readonly temporaryPassword: string
      readonly endedSessions: number
      readonly removedPasskeys: number
      /** The temporary password alone will not let them in. */
      readonly asksForPasskey: boolean
    }
  /** `not_owner`: the login is not the database owner's. The others are about the account; nothing was changed. */
  | { readonly outcome: 'not_owner' | 'unknown' | 'not_master' | 'inactive' }

/** Gives a MASTER a temporary password, ends all their sessions and any lock; on the record with who asked for it. */
export async function recoverMaster(store: Store, asked: RecoverMaster): Promise<Recovered> {
  if (!(await ownsUsers(store))) return { outcome: 'not_owner' }
  const found = await findCredentials(store, asked.email.trim())
  if (!found) return { outcome: 'unknown' }
  const plain = temporaryPassword()
  const passwords = await createPasswords({ concurrent: 1, waiting: 1 })
  const hash = await passwords.hash(plain)
  return store.inTransaction(async (tx): Promise<Recovered> => {
    await lockUsers(tx, [found.id])
    const user = await findUser(tx, found.id)
    if (user?.role !== 'MASTER') return { outcome: user ? 'not_master' : 'unknown' }
    if (!user.active) return { outcome: 'inactive' }
    await setTemporaryPassword(tx, user.id, hash)
    const removedPasskeys = asked.forgetPasskeys ? await forgetSignInChoices(tx, user.id) : 0
    const endedSessions = (await endSessionsOf(tx, user.id, 'password_changed')).length
    const { operator, machine, forgetPasskeys } = asked
    await appendAudit(tx, [
      {
        actor: { kind: 'system', name: 'stam users' },
        action: 'MASTER_RECOVERY',
        entityType: 'user',
        entityId: user.id,
        after: {
          operator,
          machine,
          forget_passkeys: forgetPasskeys,
          removed_passkeys: removedPasskeys,
          ended_sessions: endedSessions,
        },
        serviceInstance: `stam users@${machine}`,
      },
    ])
    const { secondFactor } = await findUserSecurity(tx, user.id)
    return {
      outcome: 'recovered',
      name: user.name,
      language: user.language,
      temporaryPassword: plain,
      endedSessions,
      removedPasskeys,
      asksForPasskey: secondFactor,
    }
  })
}
