/** Spec 01 "circuit breaker", spec 04 "Redis gone", drill CH-01 with a process that is there and does not answer. */
import { type RedisServer, startRedis } from '@stam/testkit'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { createRedisLive, type Live, type LiveEvent } from '../src/index.ts'
import { livePanel, panelId } from './panels.ts'
import { redisOptions, timed } from './redis-options.ts'
import { until } from './until.ts'

let server: RedisServer
let live: Live
beforeAll(async () => {
  server = await startRedis()
})
afterEach(async () => {
  server.thaw()
  await live.close()
})
afterAll(() => server.close())

it('opens the breaker after three failures in a row and lets one trial through after its time', async () => {
  const events: LiveEvent[] = []
  live = createRedisLive({
    ...redisOptions(server),
    callTimeoutMs: 300,
    breaker: { failures: 3, resetMs: 1_500 },
    probeEveryMs: 0,
    onEvent: (event) => events.push(event),
  })
  await live.ready(5_000)
  server.freeze()
  const waits = []
  for (let call = 0; call < 6; call++) waits.push(await timed(() => live.tickets.take('t')))
  expect(waits.every(({ refused }) => refused)).toBe(true)
  expect(events).toContainEqual({ kind: 'breaker', state: 'open' })
  expect(live.status.state).toBe('down')
  // The first call waits for the time-out, which breaks the connection; from the fourth on nobody waits for anything.
  for (const { ms } of waits.slice(3)) expect(ms).toBeLessThan(1_000)

  server.thaw()
  await until(async () => expect(await timed(() => live.tickets.take('t'))).toMatchObject({ refused: false }))
  expect(events.map((event) => (event.kind === 'breaker' ? event.state : event.kind))).toEqual(
    expect.arrayContaining(['open', 'half-open', 'closed']),
  )
  expect(live.status.state).toBe('up')
})

it('is noticed without a call, within three seconds, and is over by itself soon after the thaw', async ({
  annotate,
}) => {
  live = createRedisLive(redisOptions(server))
  await live.ready(5_000)
  await live.panels.apply(livePanel(1, 1, 1))
  server.freeze()
  const frozenAt = performance.now()
  await until(() => expect(live.status.state).toBe('down'))
  const noticed = performance.now() - frozenAt
  await until(async () => expect((await timed(() => live.panels.snapshot([panelId(1)]))).ms).toBeLessThan(1_000))

  server.thaw()
  const thawedAt = performance.now()
  await until(() => expect(live.status.state).toBe('up'))
  const over = performance.now() - thawedAt
  expect((await live.panels.snapshot([panelId(1)]))[0]?.version).toBe(1)
  await annotate(`noticed after ${Math.round(noticed)} ms, usable ${Math.round(over)} ms after the thaw`)
  // Not a measure of speed: the breaker alone would keep us away for 30 s.
  expect(over).toBeLessThan(15_000)
})
