/** A chaos run: a plan of faults carried out under load, everything healed, and the books balanced. */
import type { FaultProxy } from '@stam/testkit'
import { type PlannedFault, planChaos } from './chaos-plan.ts'
import { type Child, pause, until } from './child.ts'
import type { Drill, DrillContext } from './drill.ts'
import { cut, pass, silence, slow } from './links.ts'
import type { Screen } from './screen.ts'
import type { Stack } from './stack.ts'

const SIGNALS_PER_SECOND = 10
const SLOW_MS = 400
const WHOLE_MS = 60_000
const BOOKS_MS = 120_000
/** A late second telling would come within a reconciliation and a memory round. */
const AFTERMATH_MS = 4_000

export function chaosDrill(seed: number, minutes: number): Drill {
  const faults = planChaos(seed, minutes)
  return {
    id: 'chaos',
    what: `${faults.length} faults out of seed ${seed} within ${minutes} min`,
    details: { seed, minutes, faults },
    run: async (context) => {
      const overMs = minutes * 60_000
      const loading = context.load(Math.round((overMs / 1000) * SIGNALS_PER_SECOND), overMs)
      loading.catch(() => {})
      await carryOut(faults, context)
      await loading
      const rto = await context.recovery(async () => {
        const books = await context.balance(BOOKS_MS)
        return books.lost === 0 && books.doubled === 0
      }, BOOKS_MS)
      await pause(AFTERMATH_MS)
      return rto
    },
  }
}

/** Each fault at its moment; those of one target one after the other, since bringing a server back may take longer than planned. */
async function carryOut(faults: readonly PlannedFault[], { stack, screens, say }: DrillContext): Promise<void> {
  const startedAt = performance.now()
  const turns = new Map<string, Promise<void>>()
  for (const fault of faults) {
    await pause(Math.max(0, startedAt + fault.at_ms - performance.now()))
    const at = ((performance.now() - startedAt) / 1000).toFixed(1)
    const turn = (turns.get(fault.target) ?? Promise.resolve())
      .then(async () => {
        say(`${at} s: ${fault.kind} ${fault.target} for ${fault.for_ms} ms`)
        const heal = await strike(stack, screens, fault)
        await pause(fault.for_ms)
        await heal()
      })
      // What could not be struck or brought back shows in what follows; the rest of the plan goes on.
      .catch((error: unknown) => say(`${fault.kind} ${fault.target}: ${(error as Error).message}`))
    turns.set(fault.target, turn)
  }
  await Promise.all(turns.values())
  await makeWhole(stack)
}

/** Breaks it; what it returns mends it. */
async function strike(stack: Stack, screens: readonly Screen[], fault: PlannedFault): Promise<() => Promise<void>> {
  const { kind, target } = fault
  if (target === 'screens') {
    for (const screen of screens) screen.drop()
    return async () => {}
  }
  if (target.includes(':')) return strikeLink(stack.links.find(target), kind)
  const server = { rabbitmq: stack.rabbit, redis: stack.redis, postgresql: stack.postgres }[target]
  if (server === undefined) return strikeProcess(processesOf(stack).find(({ name }) => name === target) as Child, kind)
  if (kind === 'freeze') {
    server.freeze()
    return async () => server.thaw()
  }
  await (kind === 'kill' ? server.kill() : server.stop())
  return () => server.start()
}

async function strikeProcess(child: Child, kind: PlannedFault['kind']): Promise<() => Promise<void>> {
  if (kind === 'freeze') {
    child.freeze()
    return async () => child.thaw()
  }
  await child.end(kind === 'kill' ? 'SIGKILL' : 'SIGTERM')
  return () => revive(child)
}

async function strikeLink(proxies: readonly FaultProxy[], kind: PlannedFault['kind']): Promise<() => Promise<void>> {
  if (kind === 'slow') await slow(proxies, SLOW_MS)
  else await (kind === 'cut' ? cut(proxies) : silence(proxies))
  return () => pass(proxies)
}

/** As a supervisor would: a process that ends because something it needs is away is started again. */
async function revive(child: Child): Promise<void> {
  await until(
    async () => {
      if (!child.isRunning) await child.start()
      return child.isRunning
    },
    WHOLE_MS,
    500,
  )
}

async function makeWhole(stack: Stack): Promise<void> {
  await stack.links.heal()
  for (const server of [stack.rabbit, stack.redis, stack.postgres]) server.thaw()
  for (const child of processesOf(stack)) {
    child.thaw()
    await revive(child)
    if (!(await until(() => child.isReady(), WHOLE_MS)))
      throw new Error(`${child.name} is not ready ${WHOLE_MS} ms after everything was mended`)
  }
}

function processesOf(stack: Stack): Child[] {
  return [...stack.backends, ...stack.relays, ...stack.workers]
}
