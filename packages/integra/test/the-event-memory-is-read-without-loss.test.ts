import { expect, test } from 'vitest'
import {
  COMMAND,
  decodeEventIndex,
  encodeEventAnswer,
  encodeEventRecord,
  type EventRecord,
  type MemoryCursor,
  type MemoryRead,
} from '../src/index.ts'
import type { FakeModule } from './fake-module.ts'
import { openTestLink } from './open-test-link.ts'
import { until } from './until.ts'

// Reference 8.3.

const NOW = new Date()

function record(code: number, source: number): EventRecord {
  return {
    yearModulo4: NOW.getFullYear() % 4,
    notEmpty: true,
    eventPresent: true,
    station1: 'new',
    station2: 'new',
    eventClass: 0,
    day: NOW.getDate(),
    month: NOW.getMonth() + 1,
    minutes: 12,
    partition: 1,
    restore: false,
    code,
    source,
    object: 0,
    userControl: 0,
  }
}

/** A ring of records behind a fake module; indices are opaque, with a stride other than one. */
class Ring {
  readonly records: { index: number; bytes: Uint8Array }[] = []
  capacity = 1000
  #next = 0x035096

  constructor(module: FakeModule) {
    module.handlers.set(COMMAND.readEvent, (client, payload) => {
      const requested = decodeEventIndex(payload)
      const at =
        requested === 0xffffff ? this.records.length - 1 : this.records.findIndex((it) => it.index === requested) - 1
      const found = at >= 0 ? this.records[at] : undefined
      client.answer(
        COMMAND.readEvent,
        encodeEventAnswer(found?.bytes ?? new Uint8Array(8), found?.index ?? requested, requested),
      )
    })
  }

  add(count: number): void {
    for (let i = 0; i < count; i++) {
      this.#next = (this.#next + 8) & 0xffffff
      this.records.push({ index: this.#next, bytes: encodeEventRecord(record(130, (this.records.length % 100) + 1)) })
      if (this.records.length > this.capacity) this.records.shift()
    }
  }
}

function keysOf(read: MemoryRead): number[] {
  return read.kind === 'read' ? read.entries.map((entry) => entry.index) : []
}

function cursorOf(read: MemoryRead): MemoryCursor {
  if (read.kind !== 'read') throw new Error(`not read: ${read.reason}`)
  return read.cursor
}

async function openWithRing(records: number, options = {}) {
  let ring: Ring | undefined
  const t = await openTestLink({}, options, (module) => {
    ring = new Ring(module)
    ring.add(records)
  })
  await t.ready()
  return { t, ring: ring as unknown as Ring }
}

test('oldest first; then only what is new; then nothing', async () => {
  const { t, ring } = await openWithRing(5)
  await using _ = t
  const first = await t.link.readMemory({ since: undefined, limit: 100 })
  expect(first).toMatchObject({ kind: 'read', coverage: 'start' })
  expect(keysOf(first)).toEqual(ring.records.map((it) => it.index))
  if (first.kind === 'read') {
    expect(first.entries[0]).toMatchObject({
      record: { code: 130, source: 1 },
      panelTime: { year: NOW.getFullYear(), hour: 0, minute: 12, second: 0 },
    })
  }

  ring.add(3)
  const second = await t.link.readMemory({ since: cursorOf(first), limit: 100 })
  expect(second).toMatchObject({ kind: 'read', coverage: 'complete' })
  expect(keysOf(second)).toEqual(ring.records.slice(-3).map((it) => it.index))

  const third = await t.link.readMemory({ since: cursorOf(second), limit: 100 })
  expect(third).toMatchObject({ kind: 'read', coverage: 'complete', entries: [] })
  expect(cursorOf(third)).toEqual(cursorOf(second))
})

test('a reported record is still the same record', async () => {
  const { t, ring } = await openWithRing(3)
  await using _ = t
  const first = await t.link.readMemory({ since: undefined, limit: 100 })
  for (const it of ring.records) it.bytes[0] = ((it.bytes[0] as number) & 0xf0) | 0x05
  ring.add(1)
  expect(await t.link.readMemory({ since: cursorOf(first), limit: 100 })).toMatchObject({
    coverage: 'complete',
    entries: [expect.objectContaining({ index: ring.records.at(-1)?.index })],
  })
})

test('identical events of one minute are told apart by their index', async () => {
  const { t, ring } = await openWithRing(1)
  await using _ = t
  const first = await t.link.readMemory({ since: undefined, limit: 100 })
  const same = ring.records[0]?.bytes as Uint8Array
  for (let i = 0; i < 3; i++) ring.records.push({ index: 0x100 + i, bytes: same.slice() })
  const read = await t.link.readMemory({ since: cursorOf(first), limit: 100 })
  expect(keysOf(read)).toEqual([0x100, 0x101, 0x102])
})

test('overwritten records are a gap, never pretended completeness', async () => {
  const { t, ring } = await openWithRing(5)
  await using _ = t
  const first = await t.link.readMemory({ since: undefined, limit: 100 })
  ring.capacity = 4
  ring.add(10)
  const read = await t.link.readMemory({ since: cursorOf(first), limit: 100 })
  expect(read).toMatchObject({ kind: 'read', coverage: 'gap' })
  expect(keysOf(read)).toEqual(ring.records.map((it) => it.index))
})

test('the newest record gone, a predecessor still there: nothing is missing', async () => {
  const { t, ring } = await openWithRing(5)
  await using _ = t
  const first = await t.link.readMemory({ since: undefined, limit: 100 })
  ring.records.pop()
  ring.add(2)
  expect(await t.link.readMemory({ since: cursorOf(first), limit: 100 })).toMatchObject({ coverage: 'complete' })
})

test('deeper than the limit is a gap, with the newest records', async () => {
  const { t, ring } = await openWithRing(2)
  await using _ = t
  const first = await t.link.readMemory({ since: undefined, limit: 100 })
  ring.add(20)
  const read = await t.link.readMemory({ since: cursorOf(first), limit: 6 })
  expect(read).toMatchObject({ kind: 'read', coverage: 'gap' })
  expect(keysOf(read)).toEqual(ring.records.slice(-6).map((it) => it.index))
})

test('an empty memory, then its first records', async () => {
  const { t, ring } = await openWithRing(0)
  await using _ = t
  const empty = await t.link.readMemory({ since: undefined, limit: 100 })
  expect(empty).toEqual({ kind: 'read', entries: [], cursor: { keys: [] }, coverage: 'start' })
  ring.add(2)
  const read = await t.link.readMemory({ since: cursorOf(empty), limit: 100 })
  expect(read).toMatchObject({ kind: 'read', coverage: 'complete' })
  expect(keysOf(read)).toHaveLength(2)
})

test('records that arrive during the walk come with the next call', async () => {
  const { t, ring } = await openWithRing(6)
  await using _ = t
  let added = false
  const first = await t.link.readMemory({
    since: undefined,
    limit: 100,
    onProgress: (walked) => {
      if (walked !== 3 || added) return
      added = true
      ring.add(2)
    },
  })
  const second = await t.link.readMemory({ since: cursorOf(first), limit: 100 })
  expect([...keysOf(first), ...keysOf(second)]).toEqual(ring.records.map((it) => it.index))
})

test('a walk interrupted by a lost connection goes on where it was', async () => {
  const { t, ring } = await openWithRing(3)
  await using _ = t
  const first = await t.link.readMemory({ since: undefined, limit: 100 })
  ring.add(30)
  let asked = 0
  const usual = t.module.handlers.get(COMMAND.readEvent)
  t.module.handlers.set(COMMAND.readEvent, (client, payload) => {
    if (++asked === 20) client.socket.destroy()
    else usual?.(client, payload)
  })
  const since = cursorOf(first)
  const broken = await t.link.readMemory({ since, limit: 1000 })
  expect(broken).toEqual({ kind: 'interrupted', reason: 'connection_lost', walked: 19 })
  await until('ready again', () => t.link.status.state === 'ready')
  ring.add(4)
  const before = asked
  const read = await t.link.readMemory({ since, limit: 1000 })
  expect(read).toMatchObject({ kind: 'read', coverage: 'complete' })
  expect(keysOf(read)).toEqual(ring.records.slice(-34).map((it) => it.index))
  // Four new ones, the one that joins, and what was left: not the whole way again.
  expect(asked - before).toBeLessThanOrEqual(4 + 1 + 11 + 1)
})

test('while disconnected it is not ready; cancelled, it stops', async () => {
  const { t, ring } = await openWithRing(50)
  await using _ = t
  const controller = new AbortController()
  const read = t.link.readMemory({
    since: undefined,
    limit: 100,
    signal: controller.signal,
    onProgress: (walked) => walked === 10 && controller.abort(),
  })
  expect(await read).toEqual({ kind: 'interrupted', reason: 'cancelled', walked: 10 })
  expect(ring.records).toHaveLength(50)
  t.module.dropClients()
  await until('gone', () => t.link.status.state !== 'ready')
  expect(await t.link.readMemory({ since: undefined, limit: 5 })).toMatchObject({ reason: 'not_ready' })
})

test('two calls at once walk one after the other', async () => {
  const { t, ring } = await openWithRing(6)
  await using _ = t
  const options = { since: undefined, limit: 100 }
  const [one, two] = await Promise.all([t.link.readMemory(options), t.link.readMemory(options)])
  expect(keysOf(one)).toEqual(ring.records.map((it) => it.index))
  expect(keysOf(two)).toEqual(keysOf(one))
})

test('polls go on during a long walk', async () => {
  const { t, ring } = await openWithRing(200, { pollIntervalMs: 10, answerTimeoutMs: 2000 })
  await using _ = t
  const usual = t.module.handlers.get(COMMAND.readEvent)
  t.module.handlers.set(COMMAND.readEvent, (client, payload) => {
    setTimeout(() => usual?.(client, payload), 2)
  })
  const walk = t.link.readMemory({ since: undefined, limit: 1000 })
  t.module.change(COMMAND.zonesAlarm, Uint8Array.of(1))
  await until('the alarm, in the middle of the walk', () =>
    t.of('state').some((it) => it.name === 'zonesAlarm' && it.bits[0] === 1),
  )
  expect(t.module.count(COMMAND.readEvent)).toBeLessThan(150)
  expect(keysOf(await walk)).toHaveLength(ring.records.length)
})
