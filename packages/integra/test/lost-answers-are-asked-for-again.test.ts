import { expect, test } from 'vitest'
import { COMMAND, commands } from '../src/index.ts'
import type { FakeModule } from './fake-module.ts'
import { openTestLink } from './open-test-link.ts'
import { until } from './until.ts'

// Reference 7, retry policy: reads are idempotent. A link that dropped the connection at every lost answer would never
// get through the fifty reads that make it ready.

/** Loses every n-th answer of reads. */
function loseEvery(module: FakeModule, n: number): void {
  let asked = 0
  for (let command = 0; command <= 0x7f; command++) {
    module.handlers.set(command, (client, payload) => {
      if (++asked % n !== 0) module.answerAsUsual(client, command, payload)
    })
  }
}

test.each([3, 5])('every answer number %s is lost: the link gets ready and stays so', async (n) => {
  await using t = await openTestLink({}, { answerTimeoutMs: 450 }, (module) => loseEvery(module, n))
  await t.ready()
  expect(t.module.connections).toBe(1)
  expect(t.link.counters.repeats).toBeGreaterThan(5)
  t.module.change(COMMAND.zonesAlarm, Uint8Array.of(1))
  await until('the alarm', () => t.of('state').some((it) => it.name === 'zonesAlarm' && it.bits[0] === 1))
  expect(await t.link.execute(commands.disarm, { code: '1234', partitions: [1] })).toMatchObject({ kind: 'accepted' })
  expect(t.link.status.state).toBe('ready')
  expect(t.module.count(COMMAND.disarm)).toBe(1)
})

test('three times without an answer is the end of the connection', async () => {
  await using t = await openTestLink()
  await t.ready()
  const polls = t.module.count(COMMAND.newData)
  const { repeats } = t.link.counters
  t.module.handlers.set(COMMAND.newData, () => {})
  await t.waitingFor('silent')
  expect(t.module.count(COMMAND.newData) - polls).toBe(3)
  expect(t.link.counters).toMatchObject({ timeouts: 1, repeats: repeats + 2 })
})

test('every answer twice: nothing is mistaken, nothing is reported twice', async () => {
  await using t = await openTestLink({}, {}, (module) => {
    for (let command = 0; command <= 0x7f; command++) {
      module.handlers.set(command, (client, payload) => {
        module.answerAsUsual(client, command, payload)
        module.answerAsUsual(client, command, payload)
      })
    }
  })
  await t.ready()
  t.module.change(COMMAND.zonesAlarm, Uint8Array.of(1))
  await until('the alarm', () => t.of('state').some((it) => it.name === 'zonesAlarm' && it.bits[0] === 1))
  await until('more polls', () => t.module.requests.at(-1)?.command === COMMAND.newData)
  expect(t.of('state').filter((it) => it.name === 'zonesAlarm')).toHaveLength(2)
  expect(t.module.connections).toBe(1)
})
