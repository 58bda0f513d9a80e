/** CH-06: what the network does to links that everybody believes in (spec 09). */
import type { PanelLive } from '@stam/contracts'
import { raisedByPanel } from './books.ts'
import { pause, until } from './child.ts'
import { type Drill, type DrillContext, first, flows, press, signIn } from './drill.ts'
import { cut, pass, silence } from './links.ts'

const ARRIVE_MS = 30_000
/** Longest pause of a breaker that was open (runtime). */
const BREAKER_MS = 6_000

export const networkDrills: readonly Drill[] = [
  {
    id: 'CH-06',
    what: 'half of the panels do not answer for 8 s',
    run: async ({ stack, load }) => {
      const half = [...stack.panelIds.keys()].filter((_, n) => n % 2 === 0)
      await Promise.all(half.map((id) => press(stack, id, { action: 'fault', mode: 'freeze' })))
      await load(300, 6_000)
      await pause(2_000)
      await Promise.all(half.map((id) => press(stack, id, { action: 'fault', mode: 'none' })))
      return Number.NaN
    },
  },
  {
    id: 'CH-06b',
    what: 'links worker - panel half-open: noticed by screens (median; all within 11 s)',
    // The question goes out within a second, its answer is waited for 3 s (8 s where the event memory was asked for); the rest is the way to the screen.
    rtoBarMs: 5_000,
    run: async ({ stack, load, recovery }) => {
      const ask = await signIn(first(stack.backendUrls), first(stack.operators))
      const links = stack.links.find('panels:all')
      const isAway = async (id: string): Promise<boolean> => {
        const { live } = (await ask('GET', `/api/panels/${id}/state`)).body as { live: PanelLive }
        return live.connection === 'RECONNECTING' || live.connection === 'DISCONNECTED'
      }
      const some = [...stack.panelIds.values()].filter((_, n) => n % 4 === 0)
      const away = async (): Promise<number> => (await Promise.all(some.map(isAway))).filter(Boolean).length
      await until(async () => (await away()) === 0, ARRIVE_MS)
      const startedAt = performance.now()
      await silence(links)
      const half = await recovery(async () => (await away()) * 2 >= some.length, ARRIVE_MS)
      await recovery(async () => (await away()) === some.length, ARRIVE_MS)
      const all = performance.now() - startedAt
      await load(200, 4_000)
      await pass(links)
      if (all > 11_000) throw new Error(`the last of the panels was noticed after ${Math.round(all)} ms`)
      return half
    },
  },
  {
    id: 'CH-06c',
    what: 'links worker - broker half-open, then cut: alarms go round the broker',
    rtoBarMs: 5_000,
    run: (context) => whileLinksAre(context, ['satel-worker-1:broker', 'satel-worker-2:broker'], 10_000),
  },
  {
    id: 'CH-06d',
    what: 'link of one backend - PostgreSQL half-open, then cut: the other backend records',
    rtoBarMs: 10_000,
    run: (context) => whileLinksAre(context, ['backend-1:database'], 12_000, ['backend-2']),
  },
  {
    id: 'CH-06e',
    what: 'link of one backend - broker half-open, then cut: the other backend records',
    rtoBarMs: 20_000,
    run: (context) => whileLinksAre(context, ['backend-1:broker'], 16_000, ['backend-2']),
  },
  {
    id: 'CH-06f',
    what: 'links of both backends and workers - Redis half-open, then cut',
    rtoBarMs: 5_000,
    run: (context) =>
      whileLinksAre(
        context,
        ['backend-1:redis', 'backend-2:redis', 'satel-worker-1:redis', 'satel-worker-2:redis'],
        8_000,
      ),
  },
]

/**
 * Half-open for so long, cut for so long, then whole again. Returns how long after each beginning a new signal of every panel reached the
 * screen again, the links still being broken; the longer of the two. Who is restarted before has no share of the panels at the beginning: the
 * others record them all.
 */
async function whileLinksAre(
  context: DrillContext,
  names: readonly string[],
  forMs: number,
  restart: readonly string[] = [],
): Promise<number> {
  const links = names.flatMap((name) => context.stack.links.find(name))
  const raised = await raisedByPanel(context.stack)
  const base = new Map([...raised].map(([id, count]) => [id, count - first(context.screens).shownOf(id)]))
  const took: number[] = []
  for (const strike of [silence, cut]) {
    for (const child of context.stack.backends.filter(({ name }) => restart.includes(name))) {
      await child.end()
      await child.start()
    }
    // What was broken before must not hide it: a worker whose breaker is open still goes round the broker.
    await pause(BREAKER_MS)
    await strike(links)
    const loading = context.load(Math.round(forMs / 100), forMs)
    took.push(await arrives(context, base))
    context.say(`${strike.name}: ${Math.round(took.at(-1) as number)} ms`)
    await loading
    await pass(links)
    await context.recovery(() => flows(context))
  }
  return Math.max(...took)
}

/** Milliseconds until what every panel says now is on a screen. The books balanced when the drill began, but alarms may have been closed since. */
async function arrives({ stack, screens, load }: DrillContext, base: ReadonlyMap<string, number>): Promise<number> {
  const screen = first(screens)
  const startedAt = performance.now()
  await load(stack.panelIds.size, 50)
  const raised = [...(await raisedByPanel(stack))]
  const shown = await until(
    () => raised.every(([id, count]) => screen.shownOf(id) >= count - (base.get(id) ?? 0)),
    ARRIVE_MS,
    20,
  )
  return shown ? performance.now() - startedAt : Number.POSITIVE_INFINITY
}
