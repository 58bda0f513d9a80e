import { expect, test } from 'vitest'
import { COMMAND, maskToCommands } from '../src/index.ts'
import { openTestLink } from './open-test-link.ts'
import { until } from './until.ts'

// Reference 4.5.

test('subscribes to every state, follows pushes of 32 bytes, and asks for no list', async () => {
  await using t = await openTestLink({}, { push: 'auto' })
  await t.ready()
  expect(t.link.status).toMatchObject({ state: 'ready', push: true })
  const subscription = t.module.requests.find((it) => it.command === COMMAND.newData)?.payload
  expect(subscription).toHaveLength(14)
  const onChange = maskToCommands(subscription?.subarray(0, 7) ?? new Uint8Array(0))
  expect(onChange).toContain(COMMAND.zonesAlarm)
  expect(onChange).toContain(COMMAND.partitionsArmed)
  expect(onChange).not.toContain(COMMAND.clock)
  expect(maskToCommands(subscription?.subarray(7) ?? new Uint8Array(0))).toEqual([])

  // Captured from an INTEGRA 128: zone frames are pushed wide whatever the panel.
  const zones = new Uint8Array(32)
  zones[12] = 0x08
  t.module.client.answer(COMMAND.zonesViolated, zones)
  await until('the push', () => t.of('state').some((it) => it.name === 'zonesViolated' && it.bits[12] === 8))
  expect(t.of('state').at(-1)?.bits).toHaveLength(16)
  expect(t.of('memoryHint').at(-1)).toMatchObject({ cause: 'state' })
  expect(t.link.counters.pushes).toBeGreaterThanOrEqual(1)

  // Keep-alives go on; lists do not.
  const clocks = t.module.count(COMMAND.clock)
  await until('keep-alives', () => t.module.count(COMMAND.clock) >= clocks + 2)
  expect(t.module.count(COMMAND.newData)).toBe(1)
})

test('a pushed frame between request and answer is state, not the answer', async () => {
  await using t = await openTestLink({}, { push: 'auto' })
  await t.ready()
  t.module.handlers.set(COMMAND.clock, (client, payload) => {
    client.answer(COMMAND.partitionsAlarm, Uint8Array.of(4, 0, 0, 0))
    client.answer(COMMAND.readEvent, new Uint8Array(14))
    t.module.answerAsUsual(client, COMMAND.clock, payload)
  })
  const clocks = t.of('clock').length
  await until('the clock', () => t.of('clock').length > clocks)
  expect(t.of('state').some((it) => it.name === 'partitionsAlarm' && it.bits[0] === 4)).toBe(true)
  expect(t.of('memoryHint').some((it) => it.cause === 'unsolicited')).toBe(true)
  expect(t.link.status.state).toBe('ready')
})

test('a module that refuses the subscription is polled', async () => {
  await using t = await openTestLink({}, { push: 'auto' }, (module) => {
    module.handlers.set(COMMAND.newData, (client, payload) => {
      if (payload.length >= 12) client.answer(COMMAND.result, Uint8Array.of(0x08))
      else module.answerAsUsual(client, COMMAND.newData, payload)
    })
  })
  await t.ready()
  expect(t.link.status).toMatchObject({ push: false })
  await until('polls', () => t.module.count(COMMAND.newData) > 3)
  expect(t.module.connections).toBe(1)
})

test('a module that is silent on the subscription is polled on the next connection', async () => {
  await using t = await openTestLink({}, { push: 'auto' }, (module) => {
    module.handlers.set(COMMAND.newData, (client, payload) => {
      if (payload.length < 12) module.answerAsUsual(client, COMMAND.newData, payload)
    })
  })
  await t.ready()
  expect(t.link.status).toMatchObject({ push: false })
  expect(t.module.connections).toBe(2)
})

test('a state of the wrong length is counted, not believed', async () => {
  await using t = await openTestLink({}, { push: 'auto' })
  await t.ready()
  t.module.client.answer(COMMAND.partitionsAlarm, new Uint8Array(5).fill(0xff))
  t.module.client.answer(0xed, new Uint8Array(3))
  await until('two discards', () => t.of('discarded').length >= 1 && t.link.counters.discardedBytes >= 10)
  expect(t.link.snapshot()?.states.partitionsAlarm).toEqual(new Uint8Array(4))
})
