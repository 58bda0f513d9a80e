/** A model for the story's property tests: a panel, its broker and its database, reduced to what decides identity. */
import type { PanelEvent } from '@stam/contracts'
import { encodeEventRecord, type EventRecord, decodeEventRecord, setBit } from '@stam/integra'
import { believedActive, type Knowledge, type RecordedKnowledge, startKnowledge } from '../src/story/knowledge.ts'
import { cursorKeys } from '../src/story/memory-story.ts'
import { NO_NAMES, type PanelFacts, type StoryLimits } from '../src/story/panel-facts.ts'
import { type StoryInput, stepStory } from '../src/story/panel-story.ts'
import { recordSignal } from '../src/story/record-signal.ts'

export const FACTS: PanelFacts = {
  panelId: '00000000-0000-4000-8000-000000000001',
  timeZone: 'Europe/Warsaw',
  type: undefined,
  names: NO_NAMES,
  instanceId: 'model',
}
export const LIMITS: StoryLimits = {
  settleMs: 5000,
  owedMs: 15_000,
  commLossMs: 300_000,
  commGraceMs: 60_000,
  driftLimitMs: 30_000,
}

export interface ModelRecord {
  readonly index: number
  readonly key: string
  readonly record: EventRecord
  readonly recordBytes: Uint8Array
  readonly panelTime: { year: number; month: number; day: number; hour: number; minute: number; second: number }
}

/** A panel writes the record and sets the bit in one act, as the simulator does and real panels nearly do. */
export class ModelPanel {
  records: ModelRecord[] = []
  readonly alarm = new Set<number>()
  /** Signals ever recorded, by key. */
  readonly written = new Map<string, number>()
  #index = 100

  fire(zone: number, at: number, withBit = true): void {
    this.write({ code: 130, partition: 1, source: zone }, at)
    if (withBit) this.alarm.add(zone)
  }

  write(what: { code: number; restore?: boolean; partition: number; source: number }, at: number): void {
    const local = new Date(at + 3_600_000)
    const recordBytes = encodeEventRecord({
      yearModulo4: local.getUTCFullYear() % 4,
      notEmpty: true,
      eventPresent: true,
      station1: 'new',
      station2: 'new',
      eventClass: 0,
      day: local.getUTCDate(),
      month: local.getUTCMonth() + 1,
      minutes: local.getUTCHours() * 60 + local.getUTCMinutes(),
      restore: false,
      object: 0,
      userControl: 0,
      ...what,
    })
    this.writeBytes(recordBytes, at)
  }

  /** A record of any eight bytes. */
  writeBytes(recordBytes: Uint8Array, at: number): void {
    const local = new Date(at + 3_600_000)
    const record = decodeEventRecord(recordBytes)
    this.#index += 12
    const { key } = recordSignal(record, undefined)
    this.written.set(key, (this.written.get(key) ?? 0) + 1)
    const hex = Buffer.from(recordBytes).toString('hex')
    const panelTime = {
      year: local.getUTCFullYear(),
      month: local.getUTCMonth() + 1,
      day: local.getUTCDate(),
      hour: local.getUTCHours(),
      minute: local.getUTCMinutes(),
      second: 0,
    }
    const masked = ((recordBytes[0] as number) & 0xf0).toString(16).padStart(2, '0') + hex.slice(2)
    const position = this.#index.toString(16).padStart(6, '0') + masked
    this.records.push({ index: this.#index, key: position, record, recordBytes, panelTime })
  }

  bits(): Uint8Array {
    const bits = new Uint8Array(16)
    for (const zone of this.alarm) setBit(bits, zone, true)
    return bits
  }

  /** A complete walk back to the cursor. */
  read(keys: readonly string[]): { entries: ModelRecord[]; coverage: 'complete' | 'gap' } {
    const known = new Set(keys)
    let from = this.records.length
    while (from > 0 && !known.has((this.records[from - 1] as ModelRecord).key)) from--
    const met = from > 0 || keys.length === 0
    return { entries: this.records.slice(from), coverage: met ? 'complete' : 'gap' }
  }
}

type SignalRow = RecordedKnowledge['signals'][number]

/** What store keeps: ids for ever; signals and cursor only from the present owner, only forward. */
export class ModelStore {
  epoch = 0
  readonly events = new Map<string, PanelEvent>()
  readonly signals = new Map<string, SignalRow>()
  cursor: { keys: readonly string[] | null; seq: readonly [number, number] } = { keys: null, seq: [0, 0] }
  snapshot: RecordedKnowledge['snapshot'] = null

  acquire(): number {
    return ++this.epoch
  }

  record(event: PanelEvent): void {
    if (!this.events.has(event.event_id)) this.events.set(event.event_id, event)
    if (event.epoch !== this.epoch) return
    const { signal } = event
    const row = signal ? this.signals.get(signal.key) : undefined
    const position = [event.epoch, event.panel_seq] as const
    if (signal && (row === undefined || isLater(position, [row.epoch, row.panel_seq]))) {
      this.signals.set(signal.key, { ...signal, signal: signal.key, epoch: event.epoch, panel_seq: event.panel_seq })
    }
    if (event.memory_cursor !== null && isLater(position, this.cursor.seq)) {
      this.cursor = { keys: cursorKeys(event.memory_cursor), seq: position }
    }
  }

  load(): RecordedKnowledge {
    return { signals: [...this.signals.values()], memoryKeys: this.cursor.keys, snapshot: this.snapshot }
  }
}

function isLater(a: readonly [number, number], b: readonly [number, number]): boolean {
  return a[0] !== b[0] ? a[0] > b[0] : a[1] > b[1]
}

/** A worker, its unconfirmed events, and the broker's queues behind it, one per owner. */
export class ModelWorld {
  readonly panel = new ModelPanel()
  readonly store = new ModelStore()
  now = Date.parse('2026-11-21T12:00:00.000Z')
  knowledge: Knowledge
  connected = false
  /** Made and not yet confirmed by the broker. */
  pending: PanelEvent[] = []
  /** Confirmed and not yet recorded, per epoch in order. */
  readonly queues = new Map<number, PanelEvent[]>()
  #readBits = false

  constructor() {
    this.knowledge = startKnowledge(this.store.load(), this.store.acquire(), this.now)
  }

  step(input: StoryInput): void {
    const step = stepStory(this.knowledge, input, FACTS, LIMITS)
    this.knowledge = step.knowledge
    this.pending.push(...step.events)
  }

  /** A complete read comes before `ready`, as the link does it. */
  connect(): void {
    if (this.connected) return
    this.connected = true
    this.pollBits()
    this.step({ type: 'ready', at: this.now })
  }

  drop(): void {
    if (!this.connected) return
    this.connected = false
    this.step({ type: 'away', at: this.now, busy: false })
  }

  pollBits(): void {
    if (!this.connected) return
    const bits = this.panel.bits()
    this.step({ type: 'bits', name: 'zonesAlarm', bits, previous: this.#readBits ? bits : undefined, at: this.now })
    this.#readBits = true
  }

  readMemory(): void {
    if (!this.connected) return
    const { started, keys } = this.knowledge.memory
    if (!started) {
      const newest = this.panel.records
        .slice(-12)
        .map((record) => record.key)
        .reverse()
      this.step({ type: 'memory-start', keys: newest, at: this.now })
      if (this.store.cursor.keys === null) this.store.cursor = { keys: newest, seq: [0, 0] }
      return
    }
    this.step({ type: 'memory', ...this.panel.read(keys), startedAt: this.now, at: this.now })
  }

  confirm(count: number): void {
    for (const event of this.pending.splice(0, count)) {
      const queue = this.queues.get(event.epoch)
      if (queue) queue.push(event)
      else this.queues.set(event.epoch, [event])
    }
  }

  /** The backend takes from one owner's queue: what an earlier owner left may come earlier or later. */
  record(count: number, which: number): void {
    const waiting = [...this.queues.values()].filter((queue) => queue.length > 0)
    const queue = waiting[which % Math.max(1, waiting.length)]
    for (const event of queue?.splice(0, count) ?? []) this.store.record(event)
  }

  /** A ready link polls by itself; five seconds stand for its longest pause. */
  pass(ms: number): void {
    for (let left = ms; left > 0; left -= 5000) {
      this.now += Math.min(left, 5000)
      if (left >= 5000) this.pollBits()
    }
  }

  snapshot(): void {
    const { epoch, seq, link } = this.knowledge
    this.store.snapshot = {
      epoch,
      panel_seq: seq,
      active: believedActive(this.knowledge),
      lastContact: link.lastContact,
    }
  }

  /** kill -9: what the broker had not confirmed is gone; a successor starts from what is recorded. */
  crash(): void {
    this.pending = []
    this.connected = false
    this.#readBits = false
    const epoch = this.store.acquire()
    this.knowledge = startKnowledge(this.store.load(), epoch, this.now)
  }

  /** Everything that is under way arrives, in the order of its owners. */
  finish(): void {
    this.connect()
    for (let i = 0; i < 3; i++) {
      this.pass(2 * LIMITS.settleMs)
      this.pollBits()
      this.readMemory()
    }
    this.confirm(this.pending.length)
    for (let i = 0; i < 1000 && [...this.queues.values()].some((queue) => queue.length > 0); i++) this.record(1000, i)
  }
}
