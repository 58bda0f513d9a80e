/** Many screens at once (spec 04 "WebSocket", spec 09 backend): what a restart does to two hundred of them. */
import { pause, until } from './child.ts'
import { type Drill, type DrillContext, first } from './drill.ts'
import { Screen } from './screen.ts'
import type { Operator } from './stack.ts'

const HERD = 200
const TOGETHER = 20

export const herdDrills: readonly Drill[] = [
  {
    id: 'WS-01',
    what: `kill -9 of the backend of ${HERD} screens: all caught up at the other one`,
    rtoBarMs: 5_000,
    run: (context) => withHerd(context, (victim) => victim.kill()),
  },
  {
    id: 'WS-02',
    what: `orderly restart of the backend of ${HERD} screens (1012): all caught up at the other one`,
    rtoBarMs: 5_000,
    run: (context) => withHerd(context, (victim) => victim.end('SIGTERM')),
  },
]

async function withHerd(
  context: DrillContext,
  strike: (victim: DrillContext['stack']['backends'][number]) => Promise<void>,
): Promise<number> {
  const { stack, screens, load, recovery } = context
  const sessions = stack.operators.map(() => ({ token: '' }))
  const herd = Array.from({ length: HERD }, (_, n) => {
    const operator = stack.operators[n % stack.operators.length] as Operator
    return new Screen(stack.backendUrls, operator, 0, sessions[n % sessions.length])
  })
  const victim = first(stack.backends)
  try {
    for (let n = 0; n < HERD; n += TOGETHER)
      await Promise.all(herd.slice(n, n + TOGETHER).map((screen) => screen.open()))
    const loading = load(300, 8_000)
    await pause(1_000)
    const struck = strike(victim)
    const rto = await recovery(async () => {
      const head = Math.max(...screens.map(({ lastSequence }) => lastSequence))
      return herd.every(({ reconnects, lastSequence }) => reconnects > 0 && lastSequence >= head)
    })
    await Promise.all([struck, loading])
    const left = herd.filter(({ reconnects }) => reconnects === 0)
    if (left.length > 0) throw new Error(`${left.length} of ${HERD} screens did not come back: ${left[0]?.lastError}`)
    await victim.start()
    const same = await until(
      () => herd.every((screen) => screen.shown === first(screens).shown && screen.outOfOrder === 0),
      30_000,
    )
    if (!same) {
      const others = herd.filter((screen) => screen.shown !== first(screens).shown).length
      throw new Error(`${others} of ${HERD} screens show something else than the first`)
    }
    return rto
  } finally {
    await Promise.all(herd.map((screen) => screen.close()))
  }
}
