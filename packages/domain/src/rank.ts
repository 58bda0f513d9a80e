/** Who may administer whom (spec 06): MASTER over everybody, ADMIN over those below; nobody else over anybody. */
import type { HumanRole } from '@stam/contracts'

const rank: Readonly<Record<HumanRole, number>> = { FIELD_WORKER: 1, TECHNICIAN: 1, OPERATOR: 2, ADMIN: 3, MASTER: 4 }

/** Whether somebody may administer people of that role, or give it. */
export function mayAdminister(actor: HumanRole, role: HumanRole): boolean {
  return actor === 'MASTER' || rank[role] < rank[actor]
}
