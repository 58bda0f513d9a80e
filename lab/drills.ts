/**
 * The drills of spec 09, each a fault under load and a balanced ledger. `./stam drill all` runs them one after the other on one stack;
 * each leaves the stack whole.
 */
import { pause, until } from './child.ts'
import { type Drill, type DrillContext, first, flows, owns, press } from './drill.ts'
import { herdDrills } from './herd-drills.ts'
import { networkDrills } from './network-drills.ts'
import { raceDrills } from './race-drills.ts'
import { releaseDrills } from './release-drills.ts'

const common: readonly Drill[] = [
  {
    id: 'CH-01',
    what: 'Redis stopped for 8 s under load, then back',
    run: async ({ stack, load }) => {
      const loading = load(400, 10_000)
      await pause(1_000)
      await stack.redis.stop()
      await pause(8_000)
      await stack.redis.start()
      await loading
      return Number.NaN
    },
  },
  {
    id: 'CH-02',
    what: 'RabbitMQ killed under load, then back',
    rtoBarMs: 10_000,
    run: async (context) => {
      const { stack, load, recovery } = context
      const loading = load(600, 12_000)
      await pause(1_000)
      await stack.rabbit.kill()
      await pause(5_000)
      await stack.rabbit.start()
      const rto = await recovery(() => flows(context))
      await loading
      return rto
    },
  },
  {
    id: 'CH-04',
    what: 'kill -9 of a backend under load',
    rtoBarMs: 5_000,
    run: async ({ stack, screens, load, recovery }) => {
      const loading = load(600, 8_000)
      await pause(1_500)
      const before = screens.map((screen) => screen.reconnects)
      const victim = first(stack.backends)
      await victim.kill()
      const onVictim = screens.filter((_, n) => n % stack.backends.length === 0)
      const rto = await recovery(() =>
        onVictim.every((screen) => screen.reconnects > (before[screens.indexOf(screen)] as number)),
      )
      await loading
      await victim.start()
      return rto
    },
  },
  {
    id: 'CH-05',
    what: 'kill -9 of a worker; the other takes its panels over',
    rtoBarMs: 35_000,
    run: (context) => takeOver(context, (victim) => victim.kill()),
  },
  {
    id: 'CH-05c',
    what: 'clean stop of a worker; the other takes its panels over at once',
    rtoBarMs: 2_000,
    run: (context) => takeOver(context, (victim) => victim.end('SIGTERM')),
  },
  {
    id: 'CH-05d',
    what: 'kill -9 of a worker with the lease of production (30 s)',
    leases: 'default',
    rtoBarMs: 35_000,
    run: (context) => takeOver(context, (victim) => victim.kill()),
  },
  {
    id: 'CH-05e',
    what: 'clean stop of a worker with the lease of production',
    leases: 'default',
    rtoBarMs: 2_000,
    run: (context) => takeOver(context, (victim) => victim.end('SIGTERM')),
  },
  {
    id: 'CH-05b',
    what: 'a worker frozen past its lease and thawed must not go on',
    run: async ({ stack, load }) => {
      const [victim, other] = stack.workers as [(typeof stack.workers)[0], (typeof stack.workers)[0]]
      const loading = load(300, 10_000)
      await pause(1_000)
      victim.freeze()
      await until(() => owns(stack, other.name, stack.panelIds.size), 60_000)
      victim.thaw()
      await loading
      await until(() => owns(stack, victim.name, Math.floor(stack.panelIds.size / 2)), 60_000)
      return Number.NaN
    },
  },
  {
    id: 'CH-08',
    what: '500 violations in 10 s',
    run: async ({ load }) => {
      await load(500, 10_000)
      return Number.NaN
    },
  },
  {
    id: 'DL-01',
    what: 'Redis restarted while panels are polled',
    run: async ({ stack, load }) => {
      const loading = load(200, 4_000)
      await pause(1_000)
      await stack.redis.kill()
      await stack.redis.start()
      await loading
      return Number.NaN
    },
  },
  {
    id: 'DL-02',
    what: 'a backend killed inside its transactions, again and again',
    run: async ({ stack, load }) => {
      const loading = load(800, 8_000)
      for (const victim of stack.backends) {
        await pause(800)
        await victim.kill()
        await victim.start()
      }
      await loading
      return Number.NaN
    },
  },
  {
    id: 'DL-03',
    what: 'RabbitMQ restarted with messages pending (both backends frozen)',
    run: async ({ stack, load }) => {
      for (const backend of stack.backends) backend.freeze()
      await load(300, 2_000)
      await stack.rabbit.kill()
      await stack.rabbit.start()
      for (const backend of stack.backends) backend.thaw()
      return Number.NaN
    },
  },
  {
    id: 'DL-04',
    what: 'links cut inside answers',
    run: async ({ stack, load }) => {
      const loading = load(300, 6_000)
      for (const id of stack.panelIds.keys()) await press(stack, id, { action: 'fault', mode: 'half_frame', count: 1 })
      await pause(3_000)
      for (const id of stack.panelIds.keys()) await press(stack, id, { action: 'fault', mode: 'none' })
      await loading
      return Number.NaN
    },
  },
  {
    id: 'DL-05',
    what: 'PostgreSQL killed under load and started again',
    run: async (context) => {
      const { stack, load, recovery } = context
      const loading = load(400, 8_000)
      await pause(1_500)
      await stack.postgres.kill()
      await pause(2_000)
      await stack.postgres.start()
      const rto = await recovery(() => flows(context))
      await loading
      return rto
    },
  },
  {
    id: 'CH-02b',
    what: 'Redis and RabbitMQ both gone: alarms still arrive',
    run: async (context) => {
      const { stack, load, recovery } = context
      await Promise.all([stack.rabbit.kill(), stack.redis.kill()])
      const rto = await recovery(() => flows(context))
      await load(300, 5_000)
      await Promise.all([stack.rabbit.start(), stack.redis.start()])
      return rto
    },
  },
  {
    id: 'RC-05',
    what: 'screens reconnect during delivery: relays killed and started in turn',
    run: async ({ stack, load }) => {
      const loading = load(600, 8_000)
      for (const relay of stack.relays) {
        await relay.kill()
        await relay.start()
      }
      for (const backend of stack.backends) {
        await backend.end('SIGTERM')
        await backend.start()
      }
      await loading
      return Number.NaN
    },
  },
]

export const drills: readonly Drill[] = [...common, ...networkDrills, ...raceDrills, ...releaseDrills, ...herdDrills]

/** Milliseconds from the strike until the other worker has every panel; afterwards the victim comes back and gets its half. */
async function takeOver(
  { stack, load, recovery }: DrillContext,
  strike: (victim: DrillContext['stack']['workers'][number]) => Promise<void>,
): Promise<number> {
  const [victim, other] = stack.workers as [(typeof stack.workers)[0], (typeof stack.workers)[0]]
  const half = Math.floor(stack.panelIds.size / 2)
  await until(() => owns(stack, victim.name, half), 60_000)
  const loading = load(400, 12_000)
  await pause(1_500)
  const startedAt = performance.now()
  await strike(victim)
  await recovery(() => owns(stack, other.name, stack.panelIds.size))
  const rto = performance.now() - startedAt
  await loading
  await victim.start()
  await until(() => owns(stack, victim.name, half), 60_000)
  return rto
}
