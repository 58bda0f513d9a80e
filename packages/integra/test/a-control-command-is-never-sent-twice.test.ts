import { expect, test } from 'vitest'
import { COMMAND, commands } from '../src/index.ts'
import { openTestLink } from './open-test-link.ts'
import { until } from './until.ts'

// Reference 7, retry policy: after a time-out of a control command read the state, never repeat.

const disarmArgs = { code: '1234', partitions: [1, 2] }

test.each([
  [0x00, 'accepted', 'done'],
  [0xff, 'accepted', 'accepted'],
  [0x01, 'refused', 'code_not_recognised'],
  [0x02, 'refused', 'no_access'],
  [0x11, 'refused', 'cannot_arm_may_force'],
  [0x12, 'refused', 'cannot_arm'],
  [0x85, 'refused', 'unspecified_error'],
] as const)('result %s is %s (%s)', async (code, kind, name) => {
  await using t = await openTestLink()
  await t.ready()
  t.module.handlers.set(COMMAND.arm0, (client) => client.answer(COMMAND.result, Uint8Array.of(code)))
  expect(await t.link.execute(commands.arm[0], disarmArgs)).toMatchObject({ kind, result: { code, name } })
  expect(t.module.count(COMMAND.arm0)).toBe(1)
})

test('no answer: unknown, a new connection, a full read, and not a second time', async () => {
  await using t = await openTestLink()
  await t.ready()
  t.module.handlers.set(COMMAND.outputsToggleCommand, () => {})
  const outcome = await t.link.execute(commands.outputsToggle, { code: '1234', outputs: [1] })
  expect(outcome).toEqual({ kind: 'unknown', reason: 'timed_out' })
  await t.waitingFor('silent')
  await until('the second full read', () => t.of('full').length === 2)
  expect(t.module.connections).toBe(2)
  expect(t.module.count(COMMAND.outputsToggleCommand)).toBe(1)
})

test('the connection breaks before the answer: unknown, and not a second time', async () => {
  await using t = await openTestLink()
  await t.ready()
  t.module.handlers.set(COMMAND.disarm, (client) => client.socket.destroy())
  expect(await t.link.execute(commands.disarm, disarmArgs)).toEqual({ kind: 'unknown', reason: 'connection_lost' })
  await until('ready again', () => t.of('full').length === 2)
  expect(t.module.count(COMMAND.disarm)).toBe(1)
})

test('garbage instead of the answer repeats a read, but not a control command', async () => {
  await using t = await openTestLink()
  await t.ready()
  const damaged = Uint8Array.of(0xfe, 0xfe, 0xef, 0xff, 0x00, 0x00, 0xfe, 0x0d)
  t.module.handlers.set(COMMAND.disarm, (client) => client.raw(damaged))
  const outcome = await t.link.execute(commands.disarm, disarmArgs)
  expect(outcome).toEqual({ kind: 'unknown', reason: 'timed_out' })
  expect(t.module.count(COMMAND.disarm)).toBe(1)

  await until('ready again', () => t.link.status.state === 'ready')
  let tries = 0
  t.module.handlers.set(COMMAND.readEvent, (client, payload) => {
    if (++tries === 1) client.raw(damaged)
    else client.answer(COMMAND.readEvent, Uint8Array.of(...new Uint8Array(11), ...payload))
  })
  expect(await t.link.execute(commands.readEvent, { index: 1 })).toMatchObject({ kind: 'answered' })
  expect(tries).toBe(2)

  // Neither is a read that carries a code: a wrong one tried twice is one step nearer to a lockout.
  t.module.handlers.set(COMMAND.readOwnUser, () => {})
  expect(await t.link.execute(commands.readOwnUser, { code: '1234' })).toMatchObject({ kind: 'unknown' })
  expect(t.module.count(COMMAND.readOwnUser)).toBe(1)
})

test('what is not ready, closed, invalid or impossible sends nothing', async () => {
  await using t = await openTestLink({ capabilities: { armOptions: false } })
  expect(await t.link.execute(commands.disarm, disarmArgs)).toEqual({ kind: 'not_sent', reason: 'not_ready' })
  await t.ready()
  const invalid = await t.link.execute(commands.disarm, { code: '12x4', partitions: [1] })
  expect(invalid).toMatchObject({ kind: 'not_sent', reason: 'invalid' })
  expect(JSON.stringify(invalid)).not.toContain('12x4')
  expect(await t.link.execute(commands.disarm, { code: '1234', partitions: [] })).toMatchObject({ reason: 'invalid' })
  expect(await t.link.execute(commands.disarm, { code: '1234', partitions: [33] })).toMatchObject({ reason: 'invalid' })
  expect(await t.link.execute(commands.bypassZones, { code: '1', zones: [129] })).toMatchObject({ reason: 'invalid' })
  expect(await t.link.execute(commands.arm[0], { ...disarmArgs, atOnce: true })).toMatchObject({
    kind: 'not_sent',
    reason: 'unsupported',
  })
  const aborted = AbortSignal.abort()
  expect(await t.link.execute(commands.disarm, disarmArgs, { signal: aborted })).toMatchObject({ reason: 'cancelled' })
  expect(await t.link.execute(commands.disarm, disarmArgs, { beforeSend: () => false })).toEqual({
    kind: 'not_sent',
    reason: 'cancelled',
  })
  await t.link.close()
  expect(await t.link.execute(commands.disarm, disarmArgs)).toEqual({ kind: 'not_sent', reason: 'closed' })
  expect(t.module.requests.some((it) => it.command >= 0x80)).toBe(false)
})

test('a command that waited too long is not executed late', async () => {
  await using t = await openTestLink({}, { answerTimeoutMs: 2000 })
  await t.ready()
  let release = () => {}
  t.module.handlers.set(COMMAND.newData, (client, payload) => {
    release = () => t.module.answerAsUsual(client, COMMAND.newData, payload)
  })
  const polls = t.module.count(COMMAND.newData)
  await until('a poll in flight', () => t.module.count(COMMAND.newData) > polls)
  const late = t.link.execute(commands.disarm, disarmArgs, { expiresInMs: 30 })
  const controller = new AbortController()
  const cancelled = t.link.execute(commands.clearAlarm, disarmArgs, { signal: controller.signal })
  controller.abort()
  expect(await cancelled).toEqual({ kind: 'not_sent', reason: 'cancelled' })
  expect(await late).toEqual({ kind: 'not_sent', reason: 'expired' })
  release()
  await until('another poll', () => t.module.count(COMMAND.newData) > polls + 1)
  release()
  expect(t.module.requests.some((it) => it.command >= 0x80)).toBe(false)
})

test('commands go out in order, one at a time, before the next poll', async () => {
  await using t = await openTestLink({}, { pollIntervalMs: 10, answerTimeoutMs: 2000 })
  await t.ready()
  let inFlight = 0
  let most = 0
  for (const command of [COMMAND.disarm, COMMAND.clearAlarm, COMMAND.arm0]) {
    t.module.handlers.set(command, (client) => {
      most = Math.max(most, ++inFlight)
      // Longer than a poll interval: polls become due and must wait for the commands.
      setTimeout(() => {
        inFlight--
        client.answer(COMMAND.result, Uint8Array.of(0xff))
      }, 30)
    })
  }
  const outcomes = await Promise.all([
    t.link.execute(commands.disarm, disarmArgs),
    t.link.execute(commands.clearAlarm, disarmArgs),
    t.link.execute(commands.arm[0], disarmArgs),
  ])
  expect(outcomes.map((outcome) => outcome.kind)).toEqual(['accepted', 'accepted', 'accepted'])
  expect(most).toBe(1)
  const first = t.module.requests.findIndex((it) => it.command === COMMAND.disarm)
  expect(t.module.requests.slice(first, first + 3).map((it) => it.command)).toEqual([
    COMMAND.disarm,
    COMMAND.clearAlarm,
    COMMAND.arm0,
  ])
})

test('commands that wait when the connection breaks are given back as not sent', async () => {
  await using t = await openTestLink({}, { answerTimeoutMs: 2000 })
  await t.ready()
  t.module.handlers.set(COMMAND.disarm, () => {})
  const sent = t.link.execute(commands.disarm, disarmArgs)
  await until('it is out', () => t.module.count(COMMAND.disarm) === 1)
  const waiting = t.link.execute(commands.clearAlarm, disarmArgs)
  t.module.dropClients()
  expect(await sent).toEqual({ kind: 'unknown', reason: 'connection_lost' })
  expect(await waiting).toEqual({ kind: 'not_sent', reason: 'not_ready' })
})

test('a queue that nobody empties is bounded', async () => {
  await using t = await openTestLink({}, { answerTimeoutMs: 2000 })
  await t.ready()
  t.module.handlers.set(COMMAND.disarm, () => {})
  const outcomes = Array.from({ length: 70 }, () => t.link.execute(commands.disarm, disarmArgs))
  const full = await Promise.race(outcomes.slice(66))
  expect(full).toEqual({ kind: 'not_sent', reason: 'queue_full' })
  await t.link.close()
  expect((await Promise.all(outcomes)).filter((it) => it.kind === 'not_sent').length).toBeGreaterThanOrEqual(69)
})
