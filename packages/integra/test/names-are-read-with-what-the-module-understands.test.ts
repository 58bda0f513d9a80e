import { expect, test } from 'vitest'
import { COMMAND, encodeEventText, encodeNameRecord, isNameType, nameAnswerBytes } from '../src/index.ts'
import type { FakeModule } from './fake-module.ts'
import { openTestLink } from './open-test-link.ts'

// Reference 4.8.

/** Requests are counted, so none may be repeated because this machine is busy. */
const PATIENT = { answerTimeoutMs: 10_000 }

/** Answers the given types for objects 1 to `existing`, refuses the rest. */
function answerNames(module: FakeModule, types: readonly number[], existing: number): void {
  module.handlers.set(COMMAND.readName, (client, payload) => {
    const [type = 0, number = 0] = payload
    if (!isNameType(type) || !types.includes(type) || number === 0 || number > existing) {
      client.answer(COMMAND.result, Uint8Array.of(0x08))
      return
    }
    const extra = new Uint8Array(nameAnswerBytes(type) - 19).fill(1)
    client.answer(COMMAND.readName, encodeNameRecord({ type, number, function: 5, name: `Wejście ${number} ţ`, extra }))
  })
}

test('partitions, zones and outputs of the panel, with progress', async () => {
  await using t = await openTestLink({ typeCode: 0 }, PATIENT, (module) => answerNames(module, [16, 5, 4], 2))
  await t.ready()
  const progress: number[] = []
  const read = await t.link.readNames({ onProgress: (done, total) => progress.push(done / total) })
  expect(read.kind).toBe('read')
  expect(read.names.map((it) => [it.type, it.number])).toEqual([
    [16, 1],
    [16, 2],
    [5, 1],
    [5, 2],
    [4, 1],
    [4, 2],
  ])
  expect(read.names[0]?.name).toBe('Wejście 1 ţ')
  expect(read.absent).toBe(2 + 22 + 22)
  expect(progress.at(-1)).toBe(1)
  expect(progress).toHaveLength(4 + 24 + 24)
  // An object that does not exist costs one question once the type is known to be understood.
  expect(t.module.count(COMMAND.readName)).toBe(4 + 24 + 24)
})

test('an older module is asked for the plain types, once it has shown what it knows', async () => {
  await using t = await openTestLink({}, PATIENT, (module) => answerNames(module, [0, 1, 4], 8))
  await t.ready()
  const objects = [
    { type: 'partitionWithDependencies', numbers: [1, 2, 3] },
    { type: 'zoneWithPartition', numbers: [1, 2] },
    { type: 'outputWithDuration', numbers: [1, 2] },
  ] as const
  const read = await t.link.readNames({ objects })
  expect(read.names.map((it) => it.type)).toEqual([0, 0, 0, 1, 1, 4, 4])
  expect(t.module.count(COMMAND.readName)).toBe(3 + 2 + 2 + 1 + 2 + 1)
})

test('a module that answers no name at all does not hold the link for hours', async () => {
  await using t = await openTestLink({}, { answerTimeoutMs: 40 }, (module) => {
    module.handlers.set(COMMAND.readName, () => {})
  })
  await t.ready()
  expect(await t.link.readNames()).toEqual({ kind: 'interrupted', names: [], absent: 1 })
  expect(t.link.status.state).toBe('ready')
  expect(t.module.connections).toBe(1)
})

test('the connection breaks: what was read is returned', async () => {
  await using t = await openTestLink({ typeCode: 0 }, {}, (module) => answerNames(module, [16, 5, 4], 8))
  await t.ready()
  const read = await t.link.readNames({ onProgress: (done) => done === 6 && t.module.dropClients() })
  expect(read.kind).toBe('interrupted')
  expect(read.names.length).toBeGreaterThanOrEqual(6)
})

test('cancelled', async () => {
  await using t = await openTestLink({ typeCode: 0 }, {}, (module) => answerNames(module, [16, 5, 4], 8))
  await t.ready()
  const controller = new AbortController()
  const read = await t.link.readNames({
    signal: controller.signal,
    onProgress: (done) => done === 3 && controller.abort(),
  })
  expect(read).toMatchObject({ kind: 'interrupted', absent: 0 })
  expect(read.names).toHaveLength(3)
})

test('event texts in the words of the panel', async () => {
  await using t = await openTestLink()
  await t.ready()
  t.module.handlers.set(COMMAND.readEventText, (client, payload) => {
    const long = ((payload[0] ?? 0) & 0x80) !== 0
    const answer = { restore: true, code: 422, longKind: 3, shortKind: 0x000c, text: 'Przyznanie dostępu' }
    client.answer(COMMAND.readEventText, encodeEventText(answer, long ? 'long' : 'short'))
  })
  expect(await t.link.readEventText({ code: 422, restore: true })).toMatchObject({
    kind: 'answered',
    value: { code: 422, longKind: 3, text: 'Przyznanie dostępu' },
  })
  expect(await t.link.readEventText({ code: 422, restore: true }, 'short')).toMatchObject({
    value: { text: 'Przyznanie dostę' },
  })
})
