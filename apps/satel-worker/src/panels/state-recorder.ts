import type { PanelEvent, PanelLive } from '@stam/contracts'
import { type Clock, isoTime, type Log } from '@stam/runtime'
import {
  type AcquiredPanel,
  appendStateHistory,
  pruneSnapshots,
  type StateHistoryDraft,
  type Store,
  writeSnapshots,
} from '@stam/store'
import { causeOf, explains } from './change-cause.ts'
import { partitionStates } from './panel-picture.ts'
import type { PanelSession } from './panel-session.ts'
import { snapshotPartitions } from './snapshot-state.ts'

export interface StateRecorderOptions {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly snapshotIntervalMs: number
}

interface Recorded {
  /** Display states as last written to the history; empty until the first picture with bits. */
  partitions: Map<number, string>
  connection: string | null
  /** Events that may explain a change of a partition, newest last. */
  told: readonly PanelEvent[]
  snapshotDue: number
  snapshots: number
}

type HistoryRow = StateHistoryDraft & { triggered_by: string | null }

interface Change {
  /** null = the link itself. */
  readonly partition: number | null
  readonly before: string
  readonly after: string
  readonly at: string
  readonly cause: string | null
}

/** Snapshots between two prunings of a panel. */
const PRUNE_EVERY = 20
const SNAPSHOTS_AT_ONCE = 200
/**
 * A change and the record that explains it come apart: the bit at once, the record when the memory has been read. A row waits so long for its
 * cause, and an event for its row.
 */
const CAUSE_MS = 6_000
/** History rows that wait for the database; the oldest go beyond it, and the log says so. */
const HISTORY_MAX = 20_000
const HISTORY_AT_ONCE = 1_000

/**
 * Writes what is for successors and for the timeline: a snapshot of every panel each minute, spread over the minute, and
 * a row for every change of a partition's or the link's display state. Both may wait for the database; neither holds
 * anything up.
 */
export class StateRecorder {
  readonly #options: StateRecorderOptions
  readonly #recorded = new Map<PanelSession, Recorded>()
  #history: HistoryRow[] = []
  #isWriting = false
  #writing: Promise<void> = Promise.resolve()

  constructor(options: StateRecorderOptions) {
    this.#options = options
  }

  add(session: PanelSession, acquired: AcquiredPanel): void {
    this.#recorded.set(session, {
      partitions: snapshotPartitions(acquired.snapshot),
      connection: null,
      told: [],
      snapshotDue: this.#options.clock.now() + spread(session.panelId) * this.#options.snapshotIntervalMs,
      snapshots: 0,
    })
  }

  remove(session: PanelSession): void {
    this.#recorded.delete(session)
  }

  /** A picture people see: what changed in it goes into the history. */
  note(session: PanelSession, picture: PanelLive): void {
    const recorded = this.#recorded.get(session)
    if (recorded === undefined) return
    const at = picture.updated_at ?? isoTime(this.#options.clock.now())
    if (picture.connection !== recorded.connection) {
      // The first word after a start is where we came from, not a change.
      if (recorded.connection !== null)
        this.#append(session, {
          partition: null,
          before: recorded.connection,
          after: picture.connection,
          at,
          cause: null,
        })
      recorded.connection = picture.connection
    }
    // Armed in mode 1 is read late on old modules; until then it would be written down as armed in another mode.
    if (picture.bits === null || !session.isWhole) return
    const now = partitionStates(picture.bits, partitionNumbers(session, picture))
    for (const [number, state] of now) {
      const before = recorded.partitions.get(number)
      if (before === undefined || before === state) continue
      const event = recorded.told.findLast((told) => explains(told, number, state))
      const cause = event === undefined ? null : causeOf(event)
      this.#append(session, { partition: number, before, after: state, at, cause })
    }
    recorded.partitions = now
  }

  /** What the panel has told: it may explain a change that was seen, or is seen now. */
  heard(session: PanelSession, events: readonly PanelEvent[]): void {
    const recorded = this.#recorded.get(session)
    if (recorded === undefined) return
    const since = this.#options.clock.now() - CAUSE_MS
    const telling = events.filter((event) => event.partition_no !== null && !event.late && causeOf(event) !== null)
    recorded.told = [...recorded.told, ...telling].filter((event) => Date.parse(event.received_at) >= since)
    for (const event of telling) {
      const row = this.#history.findLast(
        ({ panel_id, partition_no, new_state, triggered_by }) =>
          panel_id === session.panelId &&
          triggered_by === null &&
          partition_no !== null &&
          explains(event, partition_no, new_state),
      )
      if (row !== undefined) row.triggered_by = causeOf(event)
    }
  }

  /** About once a second. */
  tick(now: number): void {
    if (this.#isWriting) return
    const due: PanelSession[] = []
    for (const [session, recorded] of this.#recorded) {
      if (recorded.snapshotDue <= now && due.length < SNAPSHOTS_AT_ONCE) due.push(session)
    }
    const settled = this.#takeSettled(now)
    if (due.length === 0 && settled.length === 0) return
    this.#isWriting = true
    this.#writing = this.#write(due, settled, now).finally(() => {
      this.#isWriting = false
    })
  }

  /** A last snapshot of everything, so that the next owner starts from now. */
  async close(): Promise<void> {
    await this.#writing
    const sessions = [...this.#recorded.keys()]
    const now = this.#options.clock.now()
    for (let from = 0; from < sessions.length; from += SNAPSHOTS_AT_ONCE) {
      await this.#write(sessions.slice(from, from + SNAPSHOTS_AT_ONCE), [], now)
    }
    await this.#write([], this.#history.splice(0, HISTORY_AT_ONCE), now)
  }

  /** Rows that have their cause, are the link's own, or have waited long enough for one. */
  #takeSettled(now: number): HistoryRow[] {
    const settled: HistoryRow[] = []
    const waiting: HistoryRow[] = []
    for (const row of this.#history) {
      const isSettled =
        row.triggered_by !== null || row.partition_no === null || now - Date.parse(row.changed_at) >= CAUSE_MS
      if (isSettled && settled.length < HISTORY_AT_ONCE) settled.push(row)
      else waiting.push(row)
    }
    if (settled.length > 0) this.#history = waiting
    return settled
  }

  async #write(due: readonly PanelSession[], history: readonly HistoryRow[], now: number): Promise<void> {
    const { store, log, snapshotIntervalMs } = this.#options
    const prune: string[] = []
    const snapshots = due.flatMap((session) => {
      const recorded = this.#recorded.get(session)
      if (recorded === undefined) return []
      recorded.snapshotDue = now + snapshotIntervalMs
      if (++recorded.snapshots % PRUNE_EVERY === 0) prune.push(session.panelId)
      // A panel never reached has nothing to tell.
      if (session.lastContact === null) return []
      const { panel_seq, ...state } = session.snapshotState(recorded.partitions)
      return [{ panel_id: session.panelId, epoch: session.epoch, panel_seq, taken_at: isoTime(now), state }]
    })
    try {
      await writeSnapshots(store, snapshots)
      if (prune.length > 0) await pruneSnapshots(store, prune)
      await appendStateHistory(store, history)
    } catch (error) {
      log.warn('state_not_recorded', { error })
      this.#history.unshift(...history)
    }
  }

  #append(session: PanelSession, change: Change): void {
    if (this.#history.length >= HISTORY_MAX) {
      this.#options.log.warn('state_history_dropped', { panel_id: this.#history[0]?.panel_id })
      this.#history.shift()
    }
    this.#history.push({
      panel_id: session.panelId,
      partition_no: change.partition,
      old_state: change.before,
      new_state: change.after,
      changed_at: change.at,
      triggered_by: change.cause,
    })
  }
}

/** Partitions the panel has by name; until they are known, as many as its model has. */
function partitionNumbers(session: PanelSession, picture: PanelLive): Iterable<number> {
  const { partitions } = session.names
  if (partitions.size > 0) return partitions.keys()
  const count = session.link?.snapshot()?.identity.type?.partitions ?? 32
  return picture.bits === null ? [] : Array.from({ length: count }, (_, index) => index + 1)
}

/** 0 <= x < 1, the same for one panel every time: spreads work over the interval. */
function spread(panelId: string): number {
  return (Number.parseInt(panelId.replaceAll('-', '').slice(-6), 16) % 1000) / 1000
}
