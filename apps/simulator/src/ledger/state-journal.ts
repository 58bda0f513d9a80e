import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { decodeLedgerItem, encodeLedgerItem, LEDGER_ENTRY_BYTES, type LedgerItem } from './ledger.ts'

/** First bytes of the file; another number is another format. */
const MAGIC = Buffer.from('STAMSIM1', 'latin1')
const HEAD_BYTES = 5
const READ_BYTES = 1 << 20

const TYPE = {
  panel: 1,
  event: 2,
  erased: 3,
  slots: 4,
  clock: 5,
  users: 6,
  removed: 7,
  counts: 8,
  ledgerStart: 9,
} as const

/** What is known of a panel beside its bits and records. */
export interface JournalPanel {
  readonly id: string
  readonly port: number
  readonly tokenStart: number
  readonly tokenStride: number
  /** Present for panels added while running: they come back by themselves. Holds codes and keys, hence mode 0600. */
  readonly spec?: unknown
}

/** One entry of the file. Panels are named by index; an index is never used again. */
export type JournalEntry =
  | { readonly type: 'panel'; readonly panelIndex: number; readonly panel: JournalPanel }
  /** `seq` 0: still in the panel's memory, no longer in the ledger. */
  | { readonly type: 'event'; readonly seq: number; readonly item: LedgerItem }
  /** Records before `keepFrom` are gone; the next one gets `nextOrdinal`. */
  | { readonly type: 'erased'; readonly panelIndex: number; readonly keepFrom: number; readonly nextOrdinal: number }
  | { readonly type: 'slots'; readonly panelIndex: number; readonly slots: readonly (readonly [number, Uint8Array])[] }
  | { readonly type: 'clock'; readonly panelIndex: number; readonly shiftMs: number; readonly setAtMs: number }
  | { readonly type: 'users'; readonly panelIndex: number; readonly users: unknown }
  | { readonly type: 'removed'; readonly panelIndex: number }
  /** Ledger counts of entries no longer kept. */
  | { readonly type: 'counts'; readonly panelIndex: number; readonly counts: Readonly<Record<string, number>> }
  | { readonly type: 'ledgerStart'; readonly seq: number }

/**
 * The append-only file behind a simulator's panels. Every operation of a panel is one write before it can be seen on
 * the wire, so a killed process loses nothing it has told; the operating system keeps what was written (no fsync: the
 * machine itself is not expected to fail).
 */
export class StateJournal {
  readonly #path: string
  #fd: number
  #buffer = Buffer.allocUnsafe(64 * 1024)
  #view: DataView
  #used = 0
  #bytes: number

  private constructor(path: string, fd: number, bytes: number) {
    this.#path = path
    this.#fd = fd
    this.#bytes = bytes
    this.#view = viewOf(this.#buffer)
  }

  /**
   * Opens or creates the file and hands every entry to `replay`, oldest first. A torn tail is what the kill
   * interrupted before it was visible; it is cut off.
   * @throws Error when the file is no journal of this format
   */
  static open(path: string, replay: (entry: JournalEntry) => void): StateJournal {
    const fresh = !existsSync(path)
    const fd = openSync(path, fresh ? 'wx+' : 'r+', 0o600)
    if (fresh) {
      writeSync(fd, MAGIC)
      return new StateJournal(path, fd, MAGIC.length)
    }
    const end = replayFile(fd, replay)
    ftruncateSync(fd, end)
    return new StateJournal(path, fd, end)
  }

  /** Size of the file with what is waiting. */
  get bytes(): number {
    return this.#bytes + this.#used
  }

  event(seq: number, item: LedgerItem): void {
    const at = this.#begin(TYPE.event, 8 + LEDGER_ENTRY_BYTES)
    this.#view.setFloat64(at, seq, true)
    encodeLedgerItem(item, this.#view, at + 8)
  }

  /** Bit sets that changed, whole. */
  slots(panelIndex: number, slots: readonly (readonly [slot: number, bytes: Uint8Array])[]): void {
    let length = 4
    for (const [, bytes] of slots) length += 2 + bytes.length
    let at = this.#begin(TYPE.slots, length)
    this.#view.setUint32(at, panelIndex, true)
    at += 4
    for (const [slot, bytes] of slots) {
      this.#buffer[at++] = slot
      this.#buffer[at++] = bytes.length
      this.#buffer.set(bytes, at)
      at += bytes.length
    }
  }

  put(entry: Exclude<JournalEntry, { type: 'event' | 'slots' }>): void {
    const { type, ...rest } = entry
    const text = Buffer.from(JSON.stringify(rest))
    const at = this.#begin(TYPE[type], text.length)
    this.#buffer.set(text, at)
  }

  /** Everything put so far is in the hands of the operating system when this returns. */
  flush(): void {
    let from = 0
    while (from < this.#used) from += writeSync(this.#fd, this.#buffer, from, this.#used - from, this.#bytes + from)
    this.#bytes += this.#used
    this.#used = 0
  }

  /** Replaces the file by one that holds only what `write` puts into it. */
  rewrite(write: (journal: StateJournal) => void): void {
    const path = `${this.#path}.new`
    const fd = openSync(path, 'w+', 0o600)
    writeSync(fd, MAGIC)
    const journal = new StateJournal(path, fd, MAGIC.length)
    write(journal)
    journal.flush()
    fsyncSync(fd)
    renameSync(path, this.#path)
    closeSync(this.#fd)
    this.#fd = fd
    this.#bytes = journal.#bytes
    this.#used = 0
  }

  close(): void {
    this.flush()
    closeSync(this.#fd)
  }

  /** Reserves an entry. @returns where its body begins */
  #begin(type: number, length: number): number {
    const needed = this.#used + HEAD_BYTES + length
    if (needed > this.#buffer.length) {
      const bigger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2))
      this.#buffer.copy(bigger, 0, 0, this.#used)
      this.#buffer = bigger
      this.#view = viewOf(bigger)
    }
    this.#buffer[this.#used] = type
    this.#view.setUint32(this.#used + 1, length, true)
    const body = this.#used + HEAD_BYTES
    this.#used = needed
    return body
  }
}

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.length)
}

/** @returns the end of the last whole entry */
function replayFile(fd: number, replay: (entry: JournalEntry) => void): number {
  const size = fstatSync(fd).size
  const magic = Buffer.alloc(MAGIC.length)
  readSync(fd, magic, 0, MAGIC.length, 0)
  if (!magic.equals(MAGIC)) throw new Error('not a simulator journal of this version')
  let buffer = Buffer.allocUnsafe(READ_BYTES)
  let kept = 0
  let position = MAGIC.length
  let end = position
  while (position < size) {
    const read = readSync(fd, buffer, kept, buffer.length - kept, position)
    if (read === 0) break
    position += read
    const filled = kept + read
    let at = 0
    while (filled - at >= HEAD_BYTES) {
      const length = buffer.readUInt32LE(at + 1)
      if (filled - at < HEAD_BYTES + length) break
      const entry = decodeEntry(buffer[at] as number, buffer.subarray(at + HEAD_BYTES, at + HEAD_BYTES + length))
      if (entry !== undefined) replay(entry)
      at += HEAD_BYTES + length
    }
    end += at
    kept = filled - at
    if (at === 0 && filled === buffer.length) {
      // One entry larger than the buffer: make room, within what the file can hold.
      const bigger = Buffer.allocUnsafe(buffer.length * 2)
      buffer.copy(bigger, 0, 0, filled)
      buffer = bigger
    } else buffer.copyWithin(0, at, filled)
  }
  return end
}

function decodeEntry(type: number, body: Buffer): JournalEntry | undefined {
  const view = viewOf(body)
  if (type === TYPE.event) {
    return { type: 'event', seq: view.getFloat64(0, true), item: decodeLedgerItem(view, 8) }
  }
  if (type === TYPE.slots) return decodeSlots(view, body)
  const name = (Object.keys(TYPE) as (keyof typeof TYPE)[]).find((key) => TYPE[key] === type)
  if (name === undefined) return undefined
  return { type: name, ...JSON.parse(body.toString()) } as JournalEntry
}

function decodeSlots(view: DataView, body: Buffer): JournalEntry {
  const slots: (readonly [number, Uint8Array])[] = []
  for (let at = 4; at + 2 <= body.length; ) {
    const length = body[at + 1] as number
    slots.push([body[at] as number, new Uint8Array(body.subarray(at + 2, at + 2 + length))])
    at += 2 + length
  }
  return { type: 'slots', panelIndex: view.getUint32(0, true), slots }
}
