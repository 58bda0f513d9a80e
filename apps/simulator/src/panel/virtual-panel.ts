import { COMMAND, encodeEventRecord, eventMeaning } from '@stam/integra/codec'
import { hashText, type SeededRandom, seededRandom } from '../seeded-random.ts'
import type { SimulatorTime, Timer } from '../simulator-time.ts'
import { EventMemory } from './event-memory.ts'
import { settleDerivedBits } from './derived-bits.ts'
import { PanelClock, wallTimeOf } from './panel-clock.ts'
import { type PanelLayout, panelLayout } from './panel-layout.ts'
import { defaultMemoryCapacity, type PanelSpec } from './panel-spec.ts'
import { INTERNAL_SLOT, PanelState } from './panel-state.ts'
import { PanelUsers } from './panel-users.ts'

/** One thing a panel writes into its event memory. */
export interface PanelSignal {
  readonly code: number
  readonly restore?: boolean
  /** 1-based; 1 where the kind of the code ignores it. */
  readonly partition?: number
  /** Zone or output 1..256; above 128 the record says "add 128" (reference 5.1). */
  readonly object?: number
  /** User, module number ... as the kind of the code says (reference 5.2). */
  readonly source?: number
  /** Byte 7 whole, for the two-record TCP/IP events; otherwise the panel fills it. */
  readonly lastByte?: number
}

/** A signal as it stands in the memory. */
export interface EmittedSignal {
  readonly panel: VirtualPanel
  readonly ordinal: number
  readonly token: number
  readonly record: Uint8Array
  readonly atMs: number
  /** Panel local time minus universal time, in ms. */
  readonly localOffsetMs: number
}

/** Where a panel's signals and changes go before anybody on the wire can see them. */
export interface PanelJournal {
  /** @returns the sequence number of the ledger */
  signal(signal: EmittedSignal): number
  erased(panel: VirtualPanel): void
  clockSet(panel: VirtualPanel): void
  usersChanged(panel: VirtualPanel): void
  /** The end of one operation: everything above, and the changed slots, are written when this returns. */
  commit(panel: VirtualPanel, changedSlots: readonly number[]): void
}

/** Who shows the panel's state to a client. */
export interface PanelListener {
  onChanged(changedSlots: readonly number[]): void
  onSignals(signals: readonly EmittedSignal[]): void
}

/**
 * The panel behind the module: bits, event memory, clock, users and named timers. What a panel *does* is in the
 * functions beside this file; every change they make happens inside {@link transact}.
 */
export class VirtualPanel {
  readonly id: string
  readonly spec: PanelSpec
  readonly layout: PanelLayout
  readonly state = new PanelState()
  #memory: EventMemory
  readonly gradeMemory: EventMemory | undefined
  readonly clock: PanelClock
  readonly users: PanelUsers
  readonly time: SimulatorTime
  readonly random: SeededRandom
  listener: PanelListener | undefined
  /** Records up to this ordinal have been reported to the monitoring stations (fields S1/S2). */
  reportedUpTo = -1
  /** Wrong codes in a row, and the moment until which every code is refused. */
  wrongCodes = 0
  lockedUntilMs = 0
  readonly #journal: PanelJournal
  readonly #timers = new Map<string, Timer>()
  /** Violations of counting zones and the first alarm of a verification, by key; times in monotonic ms. */
  readonly recent = new Map<string, number[]>()
  #depth = 0
  #emitted: EmittedSignal[] = []
  #hasSignals = false
  #collecting: number[] | undefined
  #zoneTemperatures: Map<number, number | null> | undefined

  constructor(spec: PanelSpec, environment: { time: SimulatorTime; journal: PanelJournal }) {
    this.id = spec.id
    this.spec = spec
    this.layout = panelLayout(spec)
    this.time = environment.time
    this.#journal = environment.journal
    const hash = hashText(spec.id)
    this.random = seededRandom(spec.seed ?? hash)
    const { capacity, tokenStart, tokenStride, gradeLog } = spec.eventMemory
    const size = capacity ?? defaultMemoryCapacity(this.layout.type)
    const start = tokenStart ?? hash & 0xfffffc
    this.#memory = new EventMemory({ capacity: size, tokenStart: start, tokenStride })
    // Both strides are multiples of four here, and the starts differ by two: no token is in both logs.
    if (gradeLog) this.gradeMemory = new EventMemory({ capacity: size, tokenStart: start ^ 2, tokenStride })
    this.clock = new PanelClock({
      timeZone: spec.timeZone,
      driftPpm: spec.driftPpm,
      shiftMs: spec.clockShiftMs,
      wallMs: () => this.time.wallMs(),
    })
    this.users = new PanelUsers(spec)
  }

  get memory(): EventMemory {
    return this.#memory
  }

  /** Continues the memory of an earlier run: its tokens go on as they were. @returns the empty memory to fill */
  adoptMemory(options: { capacity: number; tokenStart: number; tokenStride: number }): EventMemory {
    this.#memory = new EventMemory(options)
    return this.#memory
  }

  get inServiceMode(): boolean {
    return this.state.has(INTERNAL_SLOT.flags, 1)
  }

  temperature(zone: number): number | null | undefined {
    const set = this.#zoneTemperatures?.get(zone)
    return set === undefined ? this.layout.zone(zone)?.temperature : set
  }

  setTemperature(zone: number, celsius: number | null): void {
    this.#zoneTemperatures ??= new Map()
    this.#zoneTemperatures.set(zone, celsius)
  }

  /**
   * Runs one operation of the panel. Derived bits follow, the journal is written, and only then the module hears of
   * it. Nested calls belong to the outermost one.
   */
  transact<Result>(work: () => Result): Result {
    this.#depth++
    try {
      return work()
    } finally {
      this.#depth--
      if (this.#depth === 0) this.#settle()
    }
  }

  /** Like {@link transact}; also returns the ledger sequence numbers of the signals written meanwhile. */
  transactSignals(work: () => void): number[] {
    const sequences: number[] = []
    this.#collecting = sequences
    try {
      this.transact(work)
    } finally {
      this.#collecting = undefined
    }
    return sequences
  }

  /** Writes one record into the event memory. */
  record(signal: PanelSignal): void {
    const { code, restore = false, partition = 1, object, source = 0 } = signal
    const atMs = this.time.wallMs()
    const localMs = this.clock.localMs()
    const time = wallTimeOf(localMs)
    const isFar = object !== undefined && object > 128
    const bytes = encodeEventRecord({
      yearModulo4: time.year % 4,
      notEmpty: true,
      eventPresent: true,
      station1: 'not_reported',
      station2: 'not_reported',
      eventClass: eventMeaning(code, restore)?.eventClass ?? 7,
      day: time.day,
      month: time.month,
      minutes: time.hour * 60 + time.minute,
      partition,
      restore,
      code,
      source: object === undefined ? source : isFar ? object - 128 : object,
      object: 0,
      userControl: isFar ? 1 : 0,
    })
    if (signal.lastByte !== undefined) bytes[7] = signal.lastByte
    const ordinal = this.memory.nextOrdinal
    const token = this.memory.append(bytes)
    this.gradeMemory?.append(bytes)
    const emitted = { panel: this, ordinal, token, record: bytes, atMs, localOffsetMs: Math.round(localMs - atMs) }
    const sequence = this.#journal.signal(emitted)
    this.#collecting?.push(sequence)
    this.#hasSignals = true
    if (this.listener !== undefined) this.#emitted.push(emitted)
    if (this.spec.eventMemory.reporting === 'sent') {
      this.timer('reporting', this.spec.eventMemory.reportingDelayMs, () => {
        this.reportedUpTo = this.memory.nextOrdinal - 1
      })
    }
  }

  /** Erases the memory; the erasing itself becomes its first record (code 621). */
  eraseMemory(): void {
    this.memory.erase()
    this.gradeMemory?.erase()
    this.#journal.erased(this)
    this.record({ code: 621 })
  }

  noteClockSet(): void {
    this.#journal.clockSet(this)
    this.state.touch(COMMAND.clock)
  }

  noteUsersChanged(): void {
    this.#journal.usersChanged(this)
  }

  /** Starts or restarts a named delay; the task runs inside {@link transact}. */
  timer(name: string, ms: number, task: () => void): void {
    this.#timers.get(name)?.cancel()
    const timer = this.time.after(ms, () => {
      this.#timers.delete(name)
      this.transact(task)
    })
    this.#timers.set(name, timer)
  }

  hasTimer(name: string): boolean {
    return this.#timers.has(name)
  }

  cancelTimer(name: string): boolean {
    const timer = this.#timers.get(name)
    timer?.cancel()
    return this.#timers.delete(name)
  }

  close(): void {
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
    this.listener = undefined
  }

  #settle(): void {
    const { state } = this
    if (!state.hasChanged && !this.#hasSignals) return
    settleDerivedBits(this)
    const changed = state.takeChanged()
    this.#hasSignals = false
    this.#journal.commit(this, changed)
    const emitted = this.#emitted
    this.#emitted = []
    if (this.listener === undefined) return
    if (changed.length > 0) this.listener.onChanged(changed)
    if (emitted.length > 0) this.listener.onSignals(emitted)
  }
}
