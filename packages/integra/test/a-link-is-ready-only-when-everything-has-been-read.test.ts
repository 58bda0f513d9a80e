import { expect, test } from 'vitest'
import { COMMAND, STATE_TABLE } from '../src/index.ts'
import { openTestLink } from './open-test-link.ts'
import { until } from './until.ts'

// House style 7: connected means usable.

test('panel, module, clock, then every state, and only then ready', async () => {
  await using t = await openTestLink({}, {}, (module) => {
    module.states.set(COMMAND.partitionsArmed, Uint8Array.of(0b101, 0, 0, 0))
  })
  await t.ready()
  expect(t.statuses.map((status) => status.state)).toEqual(['dialling', 'identifying', 'ready'])
  expect(t.module.requests.slice(0, 3).map((request) => request.command)).toEqual([0x7e, 0x7c, 0x1a])
  const answered = STATE_TABLE.filter((row) => row.command !== COMMAND.clock && row.availability !== 'v2')
  const read = t.module.requests.slice(3, 3 + answered.length).map((request) => request.command)
  expect([...read].sort((a, b) => a - b)).toEqual(answered.map((row) => row.command))
  // What an operator must learn first is asked first.
  expect(read.slice(0, 2)).toEqual([COMMAND.partitionsAlarm, COMMAND.partitionsFireAlarm])

  const types = t.changes.map((change) => change.type)
  expect(types.indexOf('full')).toBeLessThan(types.lastIndexOf('status'))
  const status = t.link.status
  expect(status).toMatchObject({
    state: 'ready',
    push: false,
    identity: {
      panel: { typeCode: 67, version: '1.24', language: 0 },
      type: { model: 'INTEGRA 128 Plus', zones: 128 },
      module: { version: '2.05' },
    },
  })
  const snapshot = t.link.snapshot()
  expect(snapshot?.cycle).toBe(1)
  expect(snapshot?.states.partitionsArmed).toEqual(Uint8Array.of(0b101, 0, 0, 0))
  expect(snapshot?.states.zonesViolated).toHaveLength(16)
  expect(snapshot?.clock?.basicType).toBe(3)
  // The first read of a link reports every state, with nothing before it.
  expect(t.of('state').filter((change) => change.previous === undefined)).toHaveLength(answered.length)
})

test('a 256 Plus is asked for 256 objects', async () => {
  await using t = await openTestLink({ typeCode: 72 }, {}, (module) => {
    const zones = new Uint8Array(32)
    zones[31] = 0x80
    module.states.set(COMMAND.zonesViolated, zones)
  })
  await t.ready()
  expect(t.module.requests.find((request) => request.command === COMMAND.zonesViolated)?.payload).toHaveLength(1)
  expect(t.module.requests.find((request) => request.command === COMMAND.partitionsArmed)?.payload).toHaveLength(0)
  expect(t.link.snapshot()?.states.zonesViolated).toHaveLength(32)
  expect(t.link.snapshot()?.states.zonesViolated?.[31]).toBe(0x80)
  expect(t.module.count(COMMAND.troubles7)).toBe(1)
})

test('an old module is silent on 0x7C, is taken for version 1, and is asked only what it knows', async () => {
  await using t = await openTestLink({ version: undefined, typeCode: 72 }, { push: 'auto' })
  await t.ready()
  expect(t.link.status).toMatchObject({ push: false, identity: { module: undefined } })
  expect(t.module.connections).toBe(1)
  expect(t.module.requests.every((request) => request.command !== 0x2c && request.command !== 0x30)).toBe(true)
  expect(t.module.requests.every((request) => request.command !== 0 || request.payload.length === 0)).toBe(true)
  await until('a poll', () => t.module.count(COMMAND.newData) > 0)
  expect(t.module.requests.find((request) => request.command === COMMAND.newData)?.payload).toHaveLength(0)
})

test.each([
  ['2.05', {}, 2],
  ['2.05', { part8: false }, 1],
  ['1.07', { wideData: false, part8: false }, 0],
] as const)('module %s with %o is polled by a request of %s bytes', async (version, capabilities, bytes) => {
  await using t = await openTestLink({ version, capabilities })
  await t.ready()
  await until('a poll', () => t.module.count(COMMAND.newData) > 0)
  expect(t.module.requests.find((request) => request.command === COMMAND.newData)?.payload).toHaveLength(bytes)
})

test('an answer that is no panel is a state of its own', async () => {
  await using t = await openTestLink({}, {}, (module) => {
    module.handlers.set(COMMAND.panelVersion, (client) => client.answer(COMMAND.panelVersion, new Uint8Array(14)))
  })
  await t.waitingFor('bad_identity')
  expect(t.link.snapshot()).toBeUndefined()
})

test('a panel of an unknown type is read as 128 zones', async () => {
  await using t = await openTestLink({ typeCode: 99 })
  await t.ready()
  expect(t.link.status).toMatchObject({ identity: { type: undefined, panel: { typeCode: 99 } } })
})
