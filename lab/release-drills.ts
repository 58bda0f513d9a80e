/**
 * RC-03 (spec 09: "command during poll: command first, both right") in the form that exists without panel commands: what people ask of a link that
 * is being polled. Releasing it goes the way a command will go, from a backend over the database to whichever worker owns the panel.
 */
import { randomBytes } from 'node:crypto'
import { addPeople } from '@stam/backend'
import type { FaultProxy } from '@stam/testkit'
import { pause, until } from './child.ts'
import { type Ask, type Drill, type DrillContext, first, owns, signIn } from './drill.ts'
import type { Stack } from './stack.ts'

const PANELS = 6
const WITHIN_MS = 15_000
/** A worker looks for releases every 2 s; what it did not dial within two of them it does not dial. */
const LEFT_ALONE_MS = 4_500

export const releaseDrills: readonly Drill[] = [
  {
    id: 'RC-03',
    what: 'two people release, and return, the same links at once during polls; the worker is killed in between',
    rtoBarMs: 5_000,
    run: twoOfEach,
  },
]

interface Released {
  readonly id: string
  /** The only way to the panel. */
  readonly link: FaultProxy
}

/** Returns how long after the return was asked for every link was up again. */
async function twoOfEach(context: DrillContext): Promise<number> {
  const { stack, load, measured } = context
  const [victim, other] = stack.workers as [Stack['workers'][0], Stack['workers'][0]]
  if (!(await until(() => owns(stack, victim.name, PANELS), 60_000))) throw new Error(`${victim.name} has no panels`)
  const people = await addTwo(stack)
  const panels = await somePanelsOf(stack, victim.name)
  const since = new Date()
  const loading = load(300, 20_000)
  await pause(500)

  const askedAt = performance.now()
  await Promise.all(panels.map((panel) => bothAsk(people, 'POST', panel)))
  const isQuiet = (): boolean => panels.every(({ link }) => link.connections === 0)
  if (!(await until(isQuiet, WITHIN_MS, 20))) throw new Error('not every released link was closed')
  measured['released_ms'] = Math.round(performance.now() - askedAt)
  const dials = panels.map(({ link }) => link.accepted)
  await victim.kill()
  try {
    if (!(await until(() => owns(stack, other.name, stack.panelIds.size), 60_000)))
      throw new Error('the other worker did not take the panels over')
    await pause(LEFT_ALONE_MS)
    expectDials(panels, dials, 0, 'while it was released')
    const returnedAt = performance.now()
    await Promise.all(panels.map((panel) => bothAsk(people, 'DELETE', panel)))
    const isBack = (): boolean => panels.every(({ link }) => link.connections === 1)
    const back = await until(isBack, WITHIN_MS, 20)
    const rto = back ? performance.now() - returnedAt : Number.POSITIVE_INFINITY
    await loading
    expectDials(panels, dials, 1, 'after it was returned')
    await expectRecord(stack, panels, since)
    return rto
  } finally {
    await victim.start()
    await until(() => owns(stack, victim.name, Math.floor(stack.panelIds.size / 2)), 60_000)
  }
}

/** Somebody who may release links, at each backend. */
async function addTwo(stack: Stack): Promise<Ask[]> {
  const people = stack.backendUrls.slice(0, 2).map((url, n) => ({
    url,
    email: `serwis${n + 1}-${randomBytes(4).toString('hex')}@lab.example`,
    password: randomBytes(12).toString('base64url'),
  }))
  await addPeople(
    stack.store,
    people.map(({ email, password }) => ({ email, password, name: 'Serwis', role: 'MASTER' })),
  )
  return Promise.all(people.map(({ url, email, password }) => signIn(url, { email, password })))
}

async function somePanelsOf(stack: Stack, worker: string): Promise<Released[]> {
  const rows = await stack.store.query<{ panel_id: string }>(
    'SELECT panel_id FROM panel_assignments WHERE owner_id = $1 ORDER BY panel_id LIMIT $2',
    [worker, PANELS],
  )
  const ids = new Set(rows.map(({ panel_id }) => panel_id))
  return [...stack.panelIds].flatMap(([simulated, id]) =>
    ids.has(id) ? [{ id, link: first(stack.links.find(`${simulated}:panel`)) }] : [],
  )
}

async function bothAsk(people: readonly Ask[], method: 'POST' | 'DELETE', { id }: Released): Promise<void> {
  const answers = await Promise.all(
    people.map((ask, n) =>
      ask(
        method,
        `/api/panels/${id}/connection-release`,
        method === 'POST' ? { reason: `praca serwisu ${n + 1}`, duration_minutes: 5 } : undefined,
      ),
    ),
  )
  const refused = answers.find(({ status }) => status !== 200)
  if (refused) throw new Error(`${method} of a release answered ${refused.status}: ${JSON.stringify(refused.body)}`)
}

function expectDials(panels: readonly Released[], before: readonly number[], more: number, when: string): void {
  for (const [n, { id, link }] of panels.entries()) {
    const dialled = link.accepted - (before[n] as number)
    if (dialled !== more) throw new Error(`panel ${id} was dialled ${dialled} times ${when}, not ${more}`)
  }
}

/** Two asked for each, and one of them did it: who came second found it done, and only moved its end. */
async function expectRecord(stack: Stack, panels: readonly Released[], since: Date): Promise<void> {
  const rows = await stack.store.query<{ entity_id: string; actions: string }>(
    `SELECT entity_id, string_agg(action, ' ' ORDER BY action) AS actions FROM audit_log
     WHERE entity_type = 'panel' AND action LIKE 'PANEL_RELEASE%' AND at >= $1 GROUP BY entity_id`,
    [since.toISOString()],
  )
  const actions = new Map(rows.map((row) => [row.entity_id, row.actions]))
  for (const { id } of panels) {
    const wanted = 'PANEL_RELEASE PANEL_RELEASE_END PANEL_RELEASE_EXTEND'
    if (actions.get(id) !== wanted) throw new Error(`on record of panel ${id}: ${actions.get(id)}, not ${wanted}`)
  }
}
