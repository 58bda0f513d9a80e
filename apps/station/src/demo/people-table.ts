import type { HumanRole, Language } from '@stam/contracts'

export interface DemoPerson {
  readonly email: string
  readonly name: string
  readonly role: HumanRole
  readonly language: Language
  /** Panels of the sites the person is assigned to, for roles that see assigned sites only. */
  readonly sitesOf?: readonly string[]
}

/** One of each human role, two operators. Passwords are random, made at the first start. */
export const DEMO_PEOPLE: readonly DemoPerson[] = [
  { email: 'anna.kowalska@stam.example', name: 'Anna Kowalska', role: 'OPERATOR', language: 'pl' },
  { email: 'piotr.zielinski@stam.example', name: 'Piotr Zieliński', role: 'OPERATOR', language: 'pl' },
  { email: 'maria.wisniewska@stam.example', name: 'Maria Wiśniewska', role: 'MASTER', language: 'pl' },
  { email: 'tomasz.lewandowski@stam.example', name: 'Tomasz Lewandowski', role: 'ADMIN', language: 'pl' },
  {
    email: 'jakub.wojcik@stam.example',
    name: 'Jakub Wójcik',
    role: 'TECHNICIAN',
    language: 'pl',
    sitesOf: ['demo-shop', 'demo-cold-store'],
  },
  {
    email: 'zofia.kaminska@stam.example',
    name: 'Zofia Kamińska',
    role: 'FIELD_WORKER',
    language: 'pl',
    sitesOf: ['demo-clinic'],
  },
]
