import { type HumanRole, humanRoles } from '@stam/contracts'
import { expect, test } from 'vitest'
import { limitsOn, rolesToGive } from './limits.ts'

/** By rank alone; whether somebody administers at all is the permission `user:write`. */
const below: Record<HumanRole, readonly HumanRole[]> = {
  MASTER: ['MASTER', 'ADMIN', 'OPERATOR', 'TECHNICIAN', 'FIELD_WORKER'],
  ADMIN: ['OPERATOR', 'TECHNICIAN', 'FIELD_WORKER'],
  OPERATOR: ['TECHNICIAN', 'FIELD_WORKER'],
  TECHNICIAN: [],
  FIELD_WORKER: [],
}

test.each(humanRoles)('%s over everybody else', (role) => {
  for (const other of humanRoles) {
    const may = below[role].includes(other)
    expect(limitsOn({ id: 'me', role }, { id: 'other', role: other }), `${role} → ${other}`).toEqual({
      edit: may,
      govern: may,
      why: may ? null : 'person.above',
    })
  }
  expect(rolesToGive({ role })).toEqual(humanRoles.filter((other) => below[role].includes(other)))
})

test('nobody governs the own account, and the owner is told what would be lost', () => {
  for (const role of humanRoles) {
    const me = { id: 'me', role }
    expect(limitsOn(me, me)).toEqual({
      edit: true,
      govern: false,
      why: role === 'MASTER' ? 'person.own_owner' : 'person.own',
    })
  }
})
