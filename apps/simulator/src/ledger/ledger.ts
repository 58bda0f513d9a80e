import { decodeEventRecord, eventPlace, type PanelType } from '@stam/integra/codec'
import { raisesAlarm, type SignalClass, signalClass } from './signal-class.ts'

/** Fixed layout of one entry: panel u32, ordinal u32, time f64, local offset s i32, token u32, record 8 bytes. */
export const LEDGER_ENTRY_BYTES = 32
const CHUNK_ENTRIES = 4_096
export const LEDGER_LIMIT = 1_000_000

/** A signal that was emitted, in the form in which it is kept. */
export interface LedgerItem {
  readonly panelIndex: number
  readonly ordinal: number
  readonly atMs: number
  readonly localOffsetMs: number
  readonly token: number
  readonly record: Uint8Array
}

export function encodeLedgerItem(item: LedgerItem, target: DataView, offset: number): void {
  target.setUint32(offset, item.panelIndex, true)
  target.setUint32(offset + 4, item.ordinal, true)
  target.setFloat64(offset + 8, item.atMs, true)
  target.setInt32(offset + 16, Math.round(item.localOffsetMs / 1_000), true)
  target.setUint32(offset + 20, item.token, true)
  for (let i = 0; i < 8; i++) target.setUint8(offset + 24 + i, item.record[i] ?? 0)
}

export function decodeLedgerItem(source: DataView, offset: number): LedgerItem {
  const record = new Uint8Array(8)
  for (let i = 0; i < 8; i++) record[i] = source.getUint8(offset + 24 + i)
  return {
    panelIndex: source.getUint32(offset, true),
    ordinal: source.getUint32(offset + 4, true),
    atMs: source.getFloat64(offset + 8, true),
    localOffsetMs: source.getInt32(offset + 16, true) * 1_000,
    token: source.getUint32(offset + 20, true),
    record,
  }
}

/** A ledger line as it is told to the outside. */
export interface LedgerEntry {
  readonly seq: number
  readonly panel: string
  readonly code: number
  readonly restore: boolean
  readonly class: SignalClass
  /** A monitoring station is expected to open an alarm for it or to join one. */
  readonly raisesAlarm: boolean
  readonly partition: number | null
  readonly zone: number | null
  readonly user: number | null
  /** Number n of the record as it stands. */
  readonly source: number
  /** Panel wall time to the minute, as the memory keeps it. */
  readonly panelTime: string
  readonly at: string
  /** Token of the record in the event memory, six hex digits. */
  readonly token: string
  /** Eight record bytes, hex. */
  readonly record: string
}

/** Class of a record from its bytes 4 and 5 (reference 5.1). */
function classOf(record: Uint8Array): SignalClass {
  const code = (((record[4] as number) & 0x03) << 8) | (record[5] as number)
  return signalClass(code, ((record[4] as number) & 0x04) !== 0)
}

interface Chunk {
  readonly view: DataView
  length: number
}

/** What the ledger needs to know of a panel to word its entries. */
export interface LedgerPanel {
  readonly id: string
  readonly type: PanelType | undefined
}

/**
 * Every signal the panels have written into their memories, numbered from 1 without gaps. The latest million is kept
 * in 32 bytes each; counts go on over everything.
 */
export class Ledger {
  readonly #chunks: Chunk[] = []
  readonly #limit: number
  readonly #panel: (index: number) => LedgerPanel
  /** Sequence number of the first entry of the first chunk. */
  #first = 1
  #next = 1
  readonly #counts = new Map<number, Map<SignalClass, number>>()

  constructor(panel: (index: number) => LedgerPanel, limit = LEDGER_LIMIT) {
    this.#panel = panel
    this.#limit = limit
  }

  /** Sequence number the next signal will get. */
  get nextSeq(): number {
    return this.#next
  }

  /** Lowest number still kept. */
  get firstSeq(): number {
    return this.#first
  }

  get kept(): number {
    return this.#next - this.#first
  }

  /** Continues numbering; only while empty. */
  startAt(seq: number): void {
    if (this.kept > 0) throw new RangeError('the ledger has entries')
    this.#first = seq
    this.#next = seq
  }

  append(item: LedgerItem): number {
    let chunk = this.#chunks.at(-1)
    if (chunk === undefined || chunk.length === CHUNK_ENTRIES) {
      chunk = { view: new DataView(new ArrayBuffer(CHUNK_ENTRIES * LEDGER_ENTRY_BYTES)), length: 0 }
      this.#chunks.push(chunk)
      if (this.kept >= this.#limit) {
        this.#chunks.shift()
        this.#first += CHUNK_ENTRIES
      }
    }
    encodeLedgerItem(item, chunk.view, chunk.length * LEDGER_ENTRY_BYTES)
    chunk.length++
    this.#count(item.panelIndex, item.record)
    return this.#next++
  }

  /** Counts of entries that are no longer kept, from an earlier run. */
  addCounts(panelIndex: number, counts: Readonly<Record<string, number>>): void {
    const own = this.#countsOf(panelIndex)
    for (const [name, count] of Object.entries(counts)) {
      own.set(name as SignalClass, (own.get(name as SignalClass) ?? 0) + count)
    }
  }

  item(seq: number): LedgerItem | undefined {
    if (seq < this.#first || seq >= this.#next) return undefined
    const index = seq - this.#first
    const chunk = this.#chunks[Math.floor(index / CHUNK_ENTRIES)] as Chunk
    return decodeLedgerItem(chunk.view, (index % CHUNK_ENTRIES) * LEDGER_ENTRY_BYTES)
  }

  entry(seq: number): LedgerEntry | undefined {
    const item = this.item(seq)
    return item === undefined ? undefined : this.#word(seq, item)
  }

  /**
   * Entries after a number, ascending.
   * @param panelIndex only this panel
   * @returns `next` is where to go on; at most `scan` entries are looked at per call
   */
  page(since: number, limit: number, panelIndex?: number, scan = 200_000): { entries: LedgerEntry[]; next: number } {
    const entries: LedgerEntry[] = []
    let seq = Math.max(since + 1, this.#first)
    const end = Math.min(this.#next, seq + scan)
    for (; seq < end && entries.length < limit; seq++) {
      const item = this.item(seq) as LedgerItem
      if (panelIndex === undefined || item.panelIndex === panelIndex) entries.push(this.#word(seq, item))
    }
    return { entries, next: Math.max(since, seq - 1) }
  }

  counts(panelIndex: number): ReadonlyMap<SignalClass, number> {
    return this.#counts.get(panelIndex) ?? new Map<SignalClass, number>()
  }

  /** Counts of the entries that are kept, by panel. */
  keptCounts(): Map<number, Map<SignalClass, number>> {
    const kept = new Map<number, Map<SignalClass, number>>()
    for (let seq = this.#first; seq < this.#next; seq++) {
      const { panelIndex, record } = this.item(seq) as LedgerItem
      let counts = kept.get(panelIndex)
      if (counts === undefined) {
        counts = new Map()
        kept.set(panelIndex, counts)
      }
      const name = classOf(record)
      counts.set(name, (counts.get(name) ?? 0) + 1)
    }
    return kept
  }

  countedPanels(): number[] {
    return [...this.#counts.keys()]
  }

  #countsOf(panelIndex: number): Map<SignalClass, number> {
    let counts = this.#counts.get(panelIndex)
    if (counts === undefined) {
      counts = new Map()
      this.#counts.set(panelIndex, counts)
    }
    return counts
  }

  #count(panelIndex: number, record: Uint8Array): void {
    const name = classOf(record)
    const counts = this.#countsOf(panelIndex)
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }

  #word(seq: number, item: LedgerItem): LedgerEntry {
    const { id, type } = this.#panel(item.panelIndex)
    const record = decodeEventRecord(item.record)
    const { source, partition } = eventPlace(record, type)
    const name = signalClass(record.code, record.restore)
    return {
      seq,
      panel: id,
      code: record.code,
      restore: record.restore,
      class: name,
      raisesAlarm: raisesAlarm(name),
      partition: partition ?? null,
      zone: source.type === 'zone' ? source.zone : null,
      user: source.type === 'user' ? source.user : null,
      source: record.source,
      panelTime: new Date(item.atMs + item.localOffsetMs).toISOString().slice(0, 16),
      at: new Date(item.atMs).toISOString(),
      token: item.token.toString(16).padStart(6, '0'),
      record: Buffer.from(item.record).toString('hex'),
    }
  }
}
