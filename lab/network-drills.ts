/** CH-06: what the network does to links that everybody believes in (spec 09). */
import { raisedByPanel } from './books.ts'
import { pause, until } from './child.ts'
import { type Drill, type DrillContext, first, flows, press } from './drill.ts'
import { cut, pass, silence } from './links.ts'
import { Screen } from './screen.ts'
import type { Stack } from './stack.ts'

const ARRIVE_MS = 30_000
/** CH-06b: half of the panels are seen as away within this. */
const MEDIAN_BAR_MS = 5_000
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
    what: 'links worker - panel half-open: the slowest panel seen as away on a screen',
    // A question goes out every second and is answered within 3 s, or the link is dead (spec 03); one that a module may leave unanswered, such as a
    // name, is followed by one that it may not, for 3 s more. The rest is the way to the screen.
    rtoBarMs: 8_000,
    run: halfOpenPanels,
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
 * From the moment all links stop to carry anything, to the message that tells a screen so, panel by panel; returns the slowest. Then signals come
 * that nobody can hear, the links carry again, and `heard_ms` is how long until the last of these signals is on the screen.
 */
async function halfOpenPanels(context: DrillContext): Promise<number> {
  const { stack, load, measured } = context
  const panels = [...stack.panelIds.values()]
  const links = stack.links.find('panels:all')
  const screen = new Screen(stack.backendUrls, first(stack.operators), 0, { token: '' }, ['panels'])
  const all = (isThere: boolean) => () =>
    panels.every((id) => (screen.links.get(id)?.connection === 'CONNECTED') === isThere)
  try {
    await screen.open()
    // While names are read most questions are ones that may stay unanswered.
    const named = await until(() => hasRead(stack, panels.length), ARRIVE_MS)
    if (!named) throw new Error('the names of not every panel were read before')
    // Nothing else than a link seen as connected counts: UNKNOWN would be "not away" too, and be over in a moment.
    if (!(await until(all(true), ARRIVE_MS, 20))) throw new Error('not every panel was connected before')
    const base = await shownBase(context)
    const silentAt = performance.now()
    await silence(links)
    const seen = await until(all(false), ARRIVE_MS, 20)
    const took = panels.map((id) => (screen.links.get(id)?.at ?? Number.NaN) - silentAt).sort((x, y) => x - y)
    const median = Math.round(took[Math.floor(took.length / 2)] as number)
    measured['median_ms'] = median
    await load(200, 4_000)
    await pass(links)
    measured['heard_ms'] = Math.round(await arrives(context, base))
    if (seen && median > MEDIAN_BAR_MS) throw new Error(`half of the panels were seen as away after ${median} ms`)
    return seen ? (took.at(-1) as number) : Number.POSITIVE_INFINITY
  } finally {
    await pass(links)
    await screen.close()
  }
}

async function hasRead(stack: Stack, panels: number): Promise<boolean> {
  const [row] = await stack.store.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM panels WHERE names_read_at IS NOT NULL',
  )
  return row?.n === panels
}

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
  const base = await shownBase(context)
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

/** By panel, what it raised and no screen shows any more: the books balanced when the drill began, but alarms may have been closed since. */
async function shownBase({ stack, screens }: DrillContext): Promise<Map<string, number>> {
  const raised = await raisedByPanel(stack)
  return new Map([...raised].map(([id, count]) => [id, count - first(screens).shownOf(id)]))
}

/** Milliseconds until what every panel says now is on a screen. @param base of {@link shownBase} */
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
