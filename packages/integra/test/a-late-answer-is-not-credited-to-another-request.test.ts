import { expect, test } from 'vitest'
import { COMMAND, commands, encodeEventAnswer, encodeName } from '../src/index.ts'
import { openTestLink } from './open-test-link.ts'
import { until } from './until.ts'

// Reference 1.4: no request numbers; time-outs end the connection, echoed parameters decide.

test('no answer ends the connection, and the answer that comes later finds nobody', async () => {
  await using t = await openTestLink()
  await t.ready()
  let late = () => {}
  t.module.handlers.set(COMMAND.newData, (client, payload) => {
    if (t.module.connections > 1) t.module.answerAsUsual(client, COMMAND.newData, payload)
    else late = () => client.answer(COMMAND.result, Uint8Array.of(0x12))
  })
  await t.waitingFor('silent')
  late()
  await until('ready again', () => t.of('full').length === 2)
  const outcome = await t.link.execute(commands.disarm, { code: '1234', partitions: [1] })
  expect(outcome).toMatchObject({ kind: 'accepted' })
  expect(t.link.counters.timeouts).toBe(1)
  expect(t.module.connections).toBe(2)
})

test('a temperature that comes too late is thrown away, the next one is right', async () => {
  await using t = await openTestLink({}, { slowAnswerTimeoutMs: 60, answerTimeoutMs: 2000 })
  await t.ready()
  let late = () => {}
  t.module.handlers.set(COMMAND.zoneTemperature, (client, payload) => {
    if (payload[0] === 1) late = () => client.answer(COMMAND.zoneTemperature, Uint8Array.of(1, 0x00, 0x96))
    else {
      late()
      client.answer(COMMAND.zoneTemperature, Uint8Array.of(2, 0x00, 0x6e))
    }
  })
  expect(await t.link.readTemperature(1)).toEqual({ kind: 'unknown', reason: 'timed_out' })
  expect(await t.link.readTemperature(2)).toEqual({ kind: 'answered', value: { zone: 2, celsius: 0 } })
  // No thermometer is no reason to reconnect, but the module is asked whether it still lives.
  expect(t.module.connections).toBe(1)
  await until('the report', () => t.of('discarded').some((it) => it.reason === 'unexpected'))
})

test('a record with the echo of another index is not the answer', async () => {
  await using t = await openTestLink({}, { answerTimeoutMs: 2000 })
  await t.ready()
  const record = Uint8Array.of(0xb0, 0x98, 0x83, 0x13, 0x5d, 0xa6, 0x0a, 0x02)
  t.module.handlers.set(COMMAND.readEvent, (client) => {
    client.answer(COMMAND.readEvent, encodeEventAnswer(new Uint8Array(8), 1, 0x123456))
    client.answer(COMMAND.readEvent, encodeEventAnswer(record, 7, 0xffffff))
  })
  expect(await t.link.execute(commands.readEvent, { index: 0xffffff })).toMatchObject({
    kind: 'answered',
    value: { index: 7, requested: 0xffffff, recordBytes: record },
  })
  expect(t.of('memoryHint')).toEqual([expect.objectContaining({ cause: 'unsolicited' })])
})

test('a name of another object is not the answer', async () => {
  await using t = await openTestLink({}, { answerTimeoutMs: 2000 })
  await t.ready()
  const name = (number: number, text: string) => Uint8Array.of(1, number, 5, ...encodeName(text))
  t.module.handlers.set(COMMAND.readName, (client) => {
    client.answer(COMMAND.readName, name(4, 'Garaż'))
    client.answer(COMMAND.readName, name(5, 'Piwnica'))
  })
  expect(await t.link.execute(commands.readName, { type: 'zone', number: 5 })).toMatchObject({
    value: { number: 5, name: 'Piwnica', function: 5 },
  })
})

test('a stray "accepted" does not answer a read', async () => {
  await using t = await openTestLink({}, { answerTimeoutMs: 2000 })
  await t.ready()
  t.module.handlers.set(COMMAND.readOwnUser, (client) => {
    client.answer(COMMAND.result, Uint8Array.of(0xff))
    client.answer(COMMAND.readOwnUser, new Uint8Array(29))
  })
  expect(await t.link.execute(commands.readOwnUser, { code: '1234' })).toMatchObject({ kind: 'answered' })
  t.module.handlers.set(COMMAND.readOwnUser, (client) => client.answer(COMMAND.result, Uint8Array.of(0x01)))
  expect(await t.link.execute(commands.readOwnUser, { code: '1234' })).toMatchObject({
    kind: 'refused',
    result: { name: 'code_not_recognised' },
  })
})

test('an answer of the right shape that makes no sense is unknown', async () => {
  await using t = await openTestLink()
  await t.ready()
  t.module.handlers.set(COMMAND.clock, (client) => client.answer(COMMAND.clock, new Uint8Array(9).fill(0xff)))
  expect(await t.link.execute(commands.readClock, undefined)).toEqual({ kind: 'unknown', reason: 'undecodable' })
})

test('results of a read that was asked twice do not reach the command behind it', async () => {
  await using t = await openTestLink({}, { answerTimeoutMs: 300 })
  await t.ready()
  // A slow module: it answers both requests, in order, and then goes on with the next.
  const line: (() => void)[] = []
  const answerLate = (command: number, code: number) =>
    t.module.handlers.set(command, (client) => {
      line.push(() => client.answer(COMMAND.result, Uint8Array.of(code)))
    })
  answerLate(COMMAND.readName, 0x08)
  const name = t.link.execute(commands.readName, { type: 'zone', number: 5 })
  await until('asked twice', () => t.module.count(COMMAND.readName) === 2)
  t.module.handlers.set(COMMAND.clock, (client, payload) => {
    line.push(() => t.module.answerAsUsual(client, COMMAND.clock, payload))
  })
  line.shift()?.()
  expect(await name).toMatchObject({ kind: 'refused' })
  const disarm = t.link.execute(commands.disarm, { code: '1234', partitions: [1] })
  await until('the clock is asked first', () => line.length === 2)
  expect(t.module.count(COMMAND.disarm)).toBe(0)
  for (const answer of line.splice(0)) answer()
  expect(await disarm).toMatchObject({ kind: 'accepted' })
})
