import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { PanelType } from '@stam/integra/codec'
import { EventMemory } from '../panel/event-memory.ts'
import type { ClockSetting } from '../panel/panel-clock.ts'
import { defaultMemoryCapacity, type PanelSpec } from '../panel/panel-spec.ts'
import { slotBytes } from '../panel/panel-state.ts'
import type { PanelUser } from '../panel/panel-users.ts'
import type { EmittedSignal, PanelJournal, VirtualPanel } from '../panel/virtual-panel.ts'
import { SimulatorError } from '../simulator-error.ts'
import { Ledger, type LedgerItem } from './ledger.ts'
import { lockStateDir } from './state-dir-lock.ts'
import { type JournalEntry, StateJournal } from './state-journal.ts'

const FILE = 'panels.journal'
const LOCK = 'panels.lock'
/** Below this the file is not worth rewriting. */
const REWRITE_BYTES = 64 * 1024 * 1024
const RECOVERED_RECORDS = 100_000

/** What an earlier run left of a panel. */
export interface RecoveredPanel {
  readonly port: number
  /** Present for panels that were added while running. */
  readonly spec: unknown
}

interface Entry {
  readonly id: string
  type: PanelType | undefined
  port: number
  spec: unknown
  tokenStart: number
  tokenStride: number
  removed: boolean
  /** The running panel, or what is known of it until it runs again. */
  panel: VirtualPanel | undefined
  readonly slots: Map<number, Uint8Array>
  memory: EventMemory
  clock: ClockSetting | undefined
  users: readonly PanelUser[] | undefined
}

/** The ledger of all panels and, with a state folder, the file that lets them survive the end of the process. */
export class PanelArchive implements PanelJournal {
  readonly ledger: Ledger
  readonly #entries: Entry[] = []
  readonly #indexById = new Map<string, number>()
  readonly #indexByPanel = new Map<VirtualPanel, number>()
  readonly #onError: (error: unknown) => void
  #journal: StateJournal | undefined
  #unlock: (() => void) | undefined
  readonly #rewriteFrom: number
  #rewriteAt: number
  #closed = false

  /** @throws SimulatorError STATE_DIR_IN_USE, STATE_DIR_BROKEN */
  constructor(options: {
    stateDir?: string
    ledgerLimit?: number
    rewriteBytes?: number
    onError: (error: unknown) => void
  }) {
    this.#onError = options.onError
    this.#rewriteFrom = options.rewriteBytes ?? REWRITE_BYTES
    this.#rewriteAt = this.#rewriteFrom
    const name = (index: number) => this.#entries[index] ?? { id: '?', type: undefined }
    this.ledger = options.ledgerLimit === undefined ? new Ledger(name) : new Ledger(name, options.ledgerLimit)
    if (options.stateDir === undefined) return
    mkdirSync(options.stateDir, { recursive: true, mode: 0o700 })
    this.#unlock = lockStateDir(join(options.stateDir, LOCK))
    try {
      this.#journal = StateJournal.open(join(options.stateDir, FILE), (entry) => this.#replay(entry))
    } catch (error) {
      this.#unlock()
      throw new SimulatorError('STATE_DIR_BROKEN', 'the state folder cannot be read', {}, { cause: error })
    }
    this.#rewriteIfLarge()
  }

  /** Whether panels come back after a restart. */
  get isKept(): boolean {
    return this.#journal !== undefined
  }

  /** Panels of an earlier run that are not running. */
  recovered(): ReadonlyMap<string, RecoveredPanel> {
    const panels = new Map<string, RecoveredPanel>()
    for (const entry of this.#entries) {
      if (!entry.removed && entry.panel === undefined) panels.set(entry.id, { port: entry.port, spec: entry.spec })
    }
    return panels
  }

  /** Port the panel had in an earlier run, 0 for a new one. */
  recoveredPort(id: string): number {
    const index = this.#indexById.get(id)
    return index === undefined ? 0 : (this.#entries[index]?.port ?? 0)
  }

  indexOf(id: string): number | undefined {
    return this.#indexById.get(id)
  }

  idOf(index: number): string {
    return this.#entries[index]?.id ?? '?'
  }

  /**
   * Gives a new panel what an earlier run left of it, or a place of its own.
   * @param keepSpec the panel was added while running and must come back by itself
   */
  attach(panel: VirtualPanel, keepSpec: PanelSpec | undefined): void {
    const known = this.#indexById.get(panel.id)
    const { tokenStart, tokenStride } = panel.memory
    if (known !== undefined) {
      const entry = this.#entries[known] as Entry
      entry.panel = panel
      entry.type = panel.layout.type
      if (keepSpec !== undefined) entry.spec = keepSpec
      this.#indexByPanel.set(panel, known)
      restorePanel(panel, entry)
      entry.tokenStart = tokenStart
      entry.tokenStride = tokenStride
      return
    }
    this.#register({
      id: panel.id,
      type: panel.layout.type,
      port: 0,
      spec: keepSpec,
      tokenStart,
      tokenStride,
      removed: false,
      panel,
      slots: new Map(),
      memory: panel.memory,
      clock: undefined,
      users: undefined,
    })
    const panelIndex = this.#entries.length - 1
    this.#indexByPanel.set(panel, panelIndex)
    this.#putPanel(panelIndex, this.#entries[panelIndex] as Entry)
    this.#journal?.put({ type: 'clock', panelIndex, ...panel.clock.setting })
  }

  /** The panel listens: its address is kept for the next run. */
  listening(panel: VirtualPanel, port: number): void {
    const index = this.#indexByPanel.get(panel) as number
    const entry = this.#entries[index] as Entry
    entry.port = port
    this.#putPanel(index, entry)
    this.#flush()
  }

  remove(panel: VirtualPanel): void {
    const index = this.#indexByPanel.get(panel)
    if (index === undefined) return
    const entry = this.#entries[index] as Entry
    entry.removed = true
    entry.panel = undefined
    entry.memory = new EventMemory({ capacity: 1, tokenStart: 0, tokenStride: 2 })
    this.#indexByPanel.delete(panel)
    this.#indexById.delete(panel.id)
    this.#journal?.put({ type: 'removed', panelIndex: index })
    this.#flush()
  }

  signal(signal: EmittedSignal): number {
    const panelIndex = this.#indexByPanel.get(signal.panel) as number
    const { ordinal, atMs, localOffsetMs, token, record } = signal
    const item = { panelIndex, ordinal, atMs, localOffsetMs, token, record }
    const seq = this.ledger.append(item)
    this.#journal?.event(seq, item)
    return seq
  }

  erased(panel: VirtualPanel): void {
    const { nextOrdinal } = panel.memory
    const panelIndex = this.#indexByPanel.get(panel) as number
    this.#journal?.put({ type: 'erased', panelIndex, keepFrom: nextOrdinal, nextOrdinal })
  }

  clockSet(panel: VirtualPanel): void {
    const panelIndex = this.#indexByPanel.get(panel) as number
    this.#journal?.put({ type: 'clock', panelIndex, ...panel.clock.setting })
  }

  usersChanged(panel: VirtualPanel): void {
    const panelIndex = this.#indexByPanel.get(panel) as number
    const users = panel.users.all
    ;(this.#entries[panelIndex] as Entry).users = users
    this.#journal?.put({ type: 'users', panelIndex, users })
  }

  commit(panel: VirtualPanel, changedSlots: readonly number[]): void {
    if (this.#journal === undefined) return
    const slots = changedSlots
      .filter((slot) => slotBytes(slot) > 0)
      .map((slot) => [slot, panel.state.bytes(slot)] as const)
    if (slots.length > 0) this.#journal.slots(this.#indexByPanel.get(panel) as number, slots)
    this.#flush()
    this.#rewriteIfLarge()
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    try {
      this.#journal?.close()
    } catch (error) {
      this.#onError(error)
    }
    this.#unlock?.()
  }

  #register(entry: Entry): void {
    this.#indexById.set(entry.id, this.#entries.length)
    this.#entries.push(entry)
  }

  #putPanel(panelIndex: number, entry: Entry): void {
    const { id, port, tokenStart, tokenStride, spec } = entry
    this.#journal?.put({ type: 'panel', panelIndex, panel: { id, port, tokenStart, tokenStride, spec } })
  }

  /** A disk that takes nothing any more must not silence the panels: it is reported once and done without. */
  #flush(): void {
    if (this.#closed) return
    try {
      this.#journal?.flush()
    } catch (error) {
      this.#journal = undefined
      this.#onError(error)
    }
  }

  #replay(entry: JournalEntry): void {
    switch (entry.type) {
      case 'panel':
        this.#replayPanel(entry.panelIndex, entry.panel)
        return
      case 'event': {
        const { seq, item } = entry
        if (seq > 0) {
          if (this.ledger.kept === 0) this.ledger.startAt(seq)
          this.ledger.append(item)
        }
        this.#entries[item.panelIndex]?.memory.put(item.ordinal, item.record)
        return
      }
      case 'erased': {
        const memory = this.#entries[entry.panelIndex]?.memory
        if (entry.keepFrom >= entry.nextOrdinal) memory?.erase(entry.nextOrdinal)
        else memory?.dropBefore(entry.keepFrom)
        return
      }
      case 'slots':
        for (const [slot, bytes] of entry.slots) this.#entries[entry.panelIndex]?.slots.set(slot, bytes)
        return
      case 'ledgerStart':
        if (this.ledger.kept === 0) this.ledger.startAt(entry.seq)
        return
      case 'counts':
        this.ledger.addCounts(entry.panelIndex, entry.counts)
        return
      default:
        this.#replayFact(entry)
    }
  }

  #replayPanel(
    panelIndex: number,
    panel: { id: string; port: number; tokenStart: number; tokenStride: number; spec?: unknown },
  ): void {
    const known = this.#entries[panelIndex]
    if (known !== undefined) {
      known.port = panel.port
      known.tokenStart = panel.tokenStart
      known.tokenStride = panel.tokenStride
      known.spec = panel.spec
      return
    }
    const { tokenStart, tokenStride } = panel
    this.#register({
      ...panel,
      spec: panel.spec,
      type: undefined,
      removed: false,
      panel: undefined,
      slots: new Map(),
      memory: new EventMemory({ capacity: RECOVERED_RECORDS, tokenStart: 0, tokenStride: 2 }),
      tokenStart,
      tokenStride,
      clock: undefined,
      users: undefined,
    })
  }

  #replayFact(entry: Extract<JournalEntry, { type: 'clock' | 'users' | 'removed' }>): void {
    const panel = this.#entries[entry.panelIndex]
    if (panel === undefined) return
    if (entry.type === 'clock') panel.clock = { shiftMs: entry.shiftMs, setAtMs: entry.setAtMs }
    else if (entry.type === 'users') panel.users = entry.users as readonly PanelUser[]
    else {
      panel.removed = true
      panel.memory.erase()
      panel.slots.clear()
      this.#indexById.delete(panel.id)
    }
  }

  #rewriteIfLarge(): void {
    if (this.#journal === undefined || this.#journal.bytes < this.#rewriteAt) return
    try {
      this.#journal.rewrite((journal) => this.#writeAll(journal))
      // The file may be large because there is much to keep: rewritten again only when it has doubled.
      this.#rewriteAt = Math.max(this.#rewriteFrom, this.#journal.bytes * 2)
    } catch (error) {
      this.#journal = undefined
      this.#onError(error)
    }
  }

  #writeAll(journal: StateJournal): void {
    const { ledger } = this
    const firstKept = this.#firstKeptOrdinals()
    const keptCounts = ledger.keptCounts()
    this.#entries.forEach((entry, panelIndex) => {
      const { id, port, tokenStart, tokenStride, spec } = entry
      journal.put({ type: 'panel', panelIndex, panel: { id, port, tokenStart, tokenStride, spec } })
      if (!entry.removed) writeMemoryBefore(journal, panelIndex, entry.memory, firstKept.get(panelIndex))
    })
    journal.put({ type: 'ledgerStart', seq: ledger.firstSeq })
    for (let seq = ledger.firstSeq; seq < ledger.nextSeq; seq++) {
      journal.event(seq, ledger.item(seq) as LedgerItem)
      if (seq % 1_000 === 0) journal.flush()
    }
    this.#entries.forEach((entry, panelIndex) => {
      const dropped: Record<string, number> = {}
      for (const [name, count] of ledger.counts(panelIndex)) {
        const missing = count - (keptCounts.get(panelIndex)?.get(name) ?? 0)
        if (missing > 0) dropped[name] = missing
      }
      if (Object.keys(dropped).length > 0) journal.put({ type: 'counts', panelIndex, counts: dropped })
      writeFacts(journal, panelIndex, entry)
      journal.flush()
    })
  }

  /** Lowest ordinal per panel that the ledger still holds. */
  #firstKeptOrdinals(): Map<number, number> {
    const first = new Map<number, number>()
    for (let seq = this.ledger.firstSeq; seq < this.ledger.nextSeq; seq++) {
      const item = this.ledger.item(seq) as LedgerItem
      if (!first.has(item.panelIndex)) first.set(item.panelIndex, item.ordinal)
    }
    return first
  }
}

/** Records the panel still has and the ledger has no more. */
function writeMemoryBefore(journal: StateJournal, panelIndex: number, memory: EventMemory, before?: number): void {
  const end = Math.min(before ?? memory.nextOrdinal, memory.nextOrdinal)
  for (let ordinal = memory.oldestOrdinal; ordinal < end; ordinal++) {
    const record = memory.at(ordinal)
    if (record === undefined) continue
    const item = { panelIndex, ordinal, atMs: 0, localOffsetMs: 0, token: record.token, record: record.bytes }
    journal.event(0, item)
  }
}

function writeFacts(journal: StateJournal, panelIndex: number, entry: Entry): void {
  if (entry.removed) {
    journal.put({ type: 'removed', panelIndex })
    return
  }
  const { panel, memory } = entry
  journal.put({ type: 'erased', panelIndex, keepFrom: memory.oldestOrdinal, nextOrdinal: memory.nextOrdinal })
  const clock = panel?.clock.setting ?? entry.clock
  if (clock !== undefined) journal.put({ type: 'clock', panelIndex, ...clock })
  if (entry.users !== undefined) journal.put({ type: 'users', panelIndex, users: entry.users })
  const slots =
    panel === undefined
      ? [...entry.slots]
      : panel.state.usedSlots().map((slot) => [slot, panel.state.bytes(slot)] as const)
  if (slots.length > 0) journal.slots(panelIndex, slots)
}

/** Memory, bits, clock and users of the earlier run; what the spec no longer has stays away. */
function restorePanel(panel: VirtualPanel, entry: Entry): void {
  const old = entry.memory
  // Tokens must go on as they were, or a client would take old records for new ones.
  const memory = panel.adoptMemory({
    capacity: panel.spec.eventMemory.capacity ?? defaultMemoryCapacity(panel.layout.type),
    tokenStart: entry.tokenStart,
    tokenStride: entry.tokenStride,
  })
  if (old.count === 0) memory.erase(old.nextOrdinal)
  for (let ordinal = old.oldestOrdinal; ordinal < old.nextOrdinal; ordinal++) {
    const record = old.at(ordinal)
    if (record === undefined) continue
    memory.put(ordinal, record.bytes)
    panel.gradeMemory?.put(ordinal, record.bytes)
  }
  entry.memory = memory
  for (const [slot, bytes] of entry.slots) panel.state.replace(slot, bytes)
  entry.slots.clear()
  if (entry.clock !== undefined) panel.clock.restore(entry.clock)
  if (entry.users !== undefined) panel.users.restore(entry.users)
  panel.state.takeChanged()
}
