/** Creates users with their passwords hashed; who exists already stays as they are. For the demo and the first start. */
import type { HumanRole, Language } from '@stam/contracts'
import { uuidv7 } from '@stam/runtime'
import { appendAudit, insertUser, type Store } from '@stam/store'
import { createPasswords } from './passwords.ts'

export interface NewPerson {
  readonly email: string
  readonly name: string
  readonly role: HumanRole
  readonly language?: Language
  readonly password: string
  readonly mustChangePassword?: boolean
  /** Sites of a TECHNICIAN or FIELD_WORKER. */
  readonly siteIds?: readonly string[]
}

/** Returns the e-mail addresses of those who were created. */
export async function addPeople(store: Store, people: readonly NewPerson[]): Promise<string[]> {
  const passwords = await createPasswords({ concurrent: 1, waiting: people.length })
  const created: string[] = []
  for (const { password, language = 'pl', ...person } of people) {
    const passwordHash = await passwords.hash(password)
    const id = uuidv7()
    const added = await store.inTransaction(async (tx) => {
      if (!(await insertUser(tx, { ...person, id, language, passwordHash }))) return false
      await appendAudit(tx, [
        {
          actor: { kind: 'system', name: 'setup' },
          action: 'USER_CREATE',
          entityType: 'user',
          entityId: id,
          after: { role: person.role },
        },
      ])
      return true
    })
    if (added) created.push(person.email)
  }
  return created
}
