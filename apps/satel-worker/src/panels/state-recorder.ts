import type { PanelLive } from '@stam/contracts'
import { type Clock, isoTime, type Log } from '@stam/runtime'
import {
  type AcquiredPanel,
  appendStateHistory,
  pruneSnapshots,
  type StateHistoryDraft,
  type Store,
  writeSnapshots,
} from '@stam/store'
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
  snapshotDue: number
  snapshots: number
}

/** Snapshots between two prunings of a panel. */
const PRUNE_EVERY = 20
const SNAPSHOTS_AT_ONCE = 200
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
  #history: StateHistoryDraft[] = []
  #isWriting = false
  #writing: Promise<void> = Promise.resolve()

  constructor(options: StateRecorderOptions) {
    this.#options = options
  }

  add(session: PanelSession, acquired: AcquiredPanel): void {
    this.#recorded.set(session, {
      partitions: snapshotPartitions(acquired.snapshot),
      connection: null,
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
      if (recorded.connection !== null) this.#append(session, null, recorded.connection, picture.connection, at)
      recorded.connection = picture.connection
    }
    // Armed in mode 1 is read late on old modules; until then it would be written down as armed in another mode.
    if (picture.bits === null || !session.isWhole) return
    const now = partitionStates(picture.bits, partitionNumbers(session, picture))
    for (const [number, state] of now) {
      const before = recorded.partitions.get(number)
      if (before !== undefined && before !== state) this.#append(session, number, before, state, at)
    }
    recorded.partitions = now
  }

  /** About once a second. */
  tick(now: number): void {
    if (this.#isWriting) return
    const due: PanelSession[] = []
    for (const [session, recorded] of this.#recorded) {
      if (recorded.snapshotDue <= now && due.length < SNAPSHOTS_AT_ONCE) due.push(session)
    }
    if (due.length === 0 && this.#history.length === 0) return
    this.#isWriting = true
    this.#writing = this.#write(due, now).finally(() => {
      this.#isWriting = false
    })
  }

  /** A last snapshot of everything, so that the next owner starts from now. */
  async close(): Promise<void> {
    await this.#writing
    const sessions = [...this.#recorded.keys()]
    for (let from = 0; from < sessions.length; from += SNAPSHOTS_AT_ONCE) {
      await this.#write(sessions.slice(from, from + SNAPSHOTS_AT_ONCE), this.#options.clock.now())
    }
  }

  async #write(due: readonly PanelSession[], now: number): Promise<void> {
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
    const history = this.#history.splice(0, HISTORY_AT_ONCE)
    try {
      await writeSnapshots(store, snapshots)
      if (prune.length > 0) await pruneSnapshots(store, prune)
      await appendStateHistory(store, history)
    } catch (error) {
      log.warn('state_not_recorded', { error })
      this.#history.unshift(...history)
    }
  }

  #append(session: PanelSession, partition: number | null, before: string, after: string, at: string): void {
    if (this.#history.length >= HISTORY_MAX) {
      this.#options.log.warn('state_history_dropped', { panel_id: this.#history[0]?.panel_id })
      this.#history.shift()
    }
    this.#history.push({
      panel_id: session.panelId,
      partition_no: partition,
      old_state: before,
      new_state: after,
      changed_at: at,
      triggered_by: null,
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
