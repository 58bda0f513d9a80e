import { expect, test } from 'vitest'
import { COMMAND, encodeClock, decodeClock } from '../src/index.ts'
import { clockPayload } from './fake-module.ts'
import { openTestLink } from './open-test-link.ts'
import { until } from './until.ts'

// Reference 8.2: ask for the list of new data, read what it names.

test('a changed state arrives with its bits before and after', async () => {
  await using t = await openTestLink()
  await t.ready()
  const before = t.module.requests.length
  const zones = new Uint8Array(16)
  zones[0] = 0b100
  t.module.change(COMMAND.zonesAlarm, zones)
  await until('the change', () => t.of('state').some((it) => it.name === 'zonesAlarm' && it.previous !== undefined))
  expect(t.of('state').at(-1)).toMatchObject({ name: 'zonesAlarm', bits: zones, previous: new Uint8Array(16) })
  // Only what the list named was read.
  const reads = t.module.requests.slice(before).map((it) => it.command)
  expect(new Set(reads.filter((command) => command !== COMMAND.clock))).toEqual(
    new Set([COMMAND.newData, COMMAND.zonesAlarm]),
  )
  expect(t.of('memoryHint')).toEqual([expect.objectContaining({ cause: 'state' })])
})

test('a change of arming reads the whole arming set, so that a partition fits together', async () => {
  await using t = await openTestLink()
  await t.ready()
  const before = t.module.requests.length
  t.module.change(COMMAND.partitionsArmed, Uint8Array.of(1, 0, 0, 0))
  await until('the change', () => t.of('state').some((it) => it.name === 'partitionsArmed' && it.bits[0] === 1))
  await until('the whole set', () => {
    const reads = new Set(t.module.requests.slice(before).map((it) => it.command))
    return [0x13, 0x14, 0x0e, 0x0f, 0x10, 0x0a, 0x2a, 0x0b, 0x0c].every((command) => reads.has(command))
  })
})

test('the same bits again are no change', async () => {
  await using t = await openTestLink()
  await t.ready()
  const states = t.of('state').length
  t.module.change(COMMAND.outputsOn, new Uint8Array(16))
  await until('it was read', () => !t.module.fresh.has(COMMAND.outputsOn))
  await until('another poll', () => t.module.requests.at(-1)?.command === COMMAND.newData)
  expect(t.of('state')).toHaveLength(states)
})

test('everything is read again after the interval, which repairs a missed flag', async () => {
  await using t = await openTestLink({}, { fullReadIntervalMs: 80 })
  await t.ready()
  // Changed without a flag: only the full read can see it.
  t.module.states.set(COMMAND.partitionsFireAlarm, Uint8Array.of(2, 0, 0, 0))
  await until('the repair', () => t.of('state').some((it) => it.name === 'partitionsFireAlarm' && it.bits[0] === 2))
  await until('a second full read', () => t.of('full').length >= 2)
  expect(
    t
      .of('full')
      .map((it) => it.cycle)
      .slice(0, 2),
  ).toEqual([1, 2])
})

test('a full read can be asked for', async () => {
  await using t = await openTestLink()
  await t.ready()
  t.link.requestFullRead()
  await until('a second full read', () => t.of('full').length === 2)
})

test('a poll goes between the reads of a full read: an alarm does not wait for its end', async () => {
  await using t = await openTestLink({}, { pollIntervalMs: 15, answerTimeoutMs: 2000 })
  await t.ready()
  // A slow module: a full read takes far longer than the interval of polls.
  t.module.handlers.set(COMMAND.troubles1, (client, payload) => {
    t.module.change(COMMAND.partitionsAlarm, Uint8Array.of(1, 0, 0, 0))
    setTimeout(() => t.module.answerAsUsual(client, COMMAND.troubles1, payload), 40)
  })
  t.link.requestFullRead()
  await until('the alarm', () => t.of('state').some((it) => it.name === 'partitionsAlarm' && it.bits[0] === 1))
  await until('the end of the full read', () => t.of('full').length === 2)
  const alarm = t.changes.findIndex((it) => it.type === 'state' && it.name === 'partitionsAlarm' && it.bits[0] === 1)
  expect(alarm).toBeLessThan(t.changes.findLastIndex((it) => it.type === 'full'))
})

test('the clock is the keep-alive and tells the drift', async () => {
  await using t = await openTestLink({}, { keepAliveMs: 30 })
  t.module.handlers.set(COMMAND.clock, (client) => {
    client.answer(COMMAND.clock, clockPayload(3, Date.now() + 90_000))
  })
  await t.ready()
  await until('three clocks', () => t.of('clock').length >= 3)
  const drift = t.of('clock').at(-1)?.driftMs ?? 0
  expect(drift).toBeGreaterThan(85_000)
  expect(drift).toBeLessThan(91_000)
})

test('service mode is told by the clock', async () => {
  await using t = await openTestLink({}, { keepAliveMs: 30 })
  await t.ready()
  t.module.handlers.set(COMMAND.clock, (client) => {
    const clock = decodeClock(clockPayload())
    if (clock !== undefined) client.answer(COMMAND.clock, encodeClock({ ...clock, serviceMode: true }))
  })
  await until('service mode', () => t.of('clock').at(-1)?.clock.serviceMode === true)
})

test('an optional state that is refused does not end the link', async () => {
  await using t = await openTestLink({}, {}, (module) => {
    module.handlers.set(COMMAND.zonesMasked, (client) => client.answer(COMMAND.result, Uint8Array.of(0x08)))
  })
  await t.ready()
  expect(t.module.connections).toBe(1)
  expect(t.link.snapshot()?.states.zonesMasked).toBeUndefined()
})

test('an optional state without any answer is given up after two connections', async () => {
  await using t = await openTestLink({}, { answerTimeoutMs: 60 }, (module) => {
    module.handlers.set(COMMAND.troubleMemory2, () => {})
  })
  await t.ready()
  expect(t.module.connections).toBe(3)
  expect(t.link.snapshot()?.states.troubleMemory1).toBeDefined()
  expect(t.link.snapshot()?.states.troubleMemory2).toBeUndefined()
})

test('a state no alarm centre can do without is not given up', async () => {
  await using t = await openTestLink({}, { answerTimeoutMs: 40 }, (module) => {
    module.handlers.set(COMMAND.zonesAlarm, () => {})
  })
  await until('a fourth try', () => t.module.connections >= 4)
  expect(t.statuses.some((status) => status.state === 'ready')).toBe(false)
})
