/** Reference 4.1, 4.3: an original ETHM-1 never answers 0x7C and takes up to 5 s for 28, 29, 2A and 2B. Neither may keep an alarm waiting. */
import { expect, test } from 'vitest'
import { COMMAND, encodeModuleVersion } from '../src/index.ts'
import { openTestLink, QUICK } from './open-test-link.ts'
import { until } from './until.ts'

const SLOW = [
  COMMAND.zonesMasked,
  COMMAND.zonesMaskedMemory,
  COMMAND.partitionsArmedMode1,
  COMMAND.partitionsWarningAlarm,
]

test('is ready before the slow states are read, polls between them, and has them in the end', async () => {
  await using t = await openTestLink({ version: undefined }, { slowAnswerTimeoutMs: 60_000 }, (module) => {
    for (const command of SLOW) {
      module.handlers.set(command, (client, payload) => {
        // An alarm while the module is busy with the first of them.
        if (command === COMMAND.partitionsWarningAlarm)
          module.change(COMMAND.zonesAlarm, Uint8Array.of(1, ...new Uint8Array(15)))
        setTimeout(() => module.answerAsUsual(client, command, payload), 2 * QUICK.pollIntervalMs)
      })
    }
  })
  await t.ready()
  expect(t.link.snapshot()?.states.zonesAlarm).toBeDefined()
  expect(t.link.snapshot()?.states.partitionsArmedMode1).toBeUndefined()
  await until('the last of them', () => t.link.snapshot()?.states.zonesMaskedMemory !== undefined)
  const asked = t.module.requests.map((request) => request.command)
  const slow = asked.flatMap((command, index) => (SLOW.some((one) => one === command) ? [index] : []))
  expect(slow).toHaveLength(SLOW.length)
  // A list of new data before each of them, and the alarm is read before the second.
  for (const [n, index] of slow.entries())
    expect(asked.slice(n === 0 ? 0 : slow[n - 1], index)).toContain(COMMAND.newData)
  expect(asked.slice(slow[0], slow[1])).toContain(COMMAND.zonesAlarm)
  expect(t.link.snapshot()?.states.zonesAlarm?.[0]).toBe(1)
  expect(t.link.status.state).toBe('ready')
  expect(t.module.connections).toBe(1)
})

test('does not wait for the version an old module never tells as long as for a panel that is gone', async () => {
  await using t = await openTestLink({ version: undefined }, { answerTimeoutMs: 12_000 })
  const began = performance.now()
  await t.ready()
  expect(performance.now() - began).toBeLessThan(9_000)
  expect(t.link.status).toMatchObject({ identity: { module: undefined } })
  // Asked more than once: one lost answer must not make a new module an old one.
  expect(t.module.count(COMMAND.moduleVersion)).toBe(3)
})

test('a new module that tells its version late is not taken for an old one for long', async () => {
  const late: (() => void)[] = []
  await using t = await openTestLink({}, {}, (module) => {
    module.handlers.set(COMMAND.moduleVersion, (client) => {
      const capabilities = { wideData: true, part8: true, armOptions: false }
      const answer = () =>
        client.answer(COMMAND.moduleVersion, encodeModuleVersion({ version: '2.05', date: '2019-09-11', capabilities }))
      if (module.connections === 1) late.push(answer)
      else answer()
    })
  })
  await t.ready()
  expect(t.link.status).toMatchObject({ identity: { module: undefined } })
  late[0]?.()
  await until('the right module', () => {
    const { status } = t.link
    return status.state === 'ready' && status.identity.module?.version === '2.05'
  })
})
