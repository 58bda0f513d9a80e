/** Everything that turns signals into alarms and keeps them in order: the consumer, the clock that closes what is quiet, the life of data. */
import type { Bus } from '@stam/bus'
import { type Clock, isoTime, type Log, type Metrics } from '@stam/runtime'
import { ensureEventPartitions, ifNobodyElse, isTemporary, openFigures, removeOutlived, type Store } from '@stam/store'
import { acknowledgeInfoAlarms, closeQuietAlarms } from './move-quiet-alarms.ts'
import { recordPanelEvents } from './record-panel-events.ts'
import { createRecordingTelemetry } from './telemetry.ts'

export interface RecordingOptions {
  readonly store: Store
  readonly bus: Bus
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  /** Goes into the audit record of what the clock does. */
  readonly instanceId: string
  readonly closeQuietEveryMs?: number
  readonly keepDataEveryMs?: number
}

export interface Recording {
  /** Finishes and acknowledges what is in hand. */
  close(): Promise<void>
}

const CLOSE_QUIET_MS = 15_000
const KEEP_DATA_MS = 600_000

export function startRecording(options: RecordingOptions): Recording {
  const { store, bus, clock, log, metrics, instanceId } = options
  const telemetry = createRecordingTelemetry(metrics)
  const consumer = recordPanelEvents({ store, bus, log, telemetry })
  const closing = every(options, 'close_quiet_alarms', options.closeQuietEveryMs ?? CLOSE_QUIET_MS, async () => {
    const closed = await closeQuietAlarms(store, clock.now(), instanceId)
    telemetry.closedByItself(closed)
    if (closed > 0) log.info('alarms_closed_by_clock', { closed })
    // After closing: where both are due, closed is the end of it.
    const acknowledged = await acknowledgeInfoAlarms(store, clock.now(), instanceId)
    telemetry.acknowledgedByItself(acknowledged)
    if (acknowledged > 0) log.info('alarms_acknowledged_by_clock', { acknowledged })
    telemetry.open(await openFigures(store))
  })
  const keeping = every(options, 'keep_data', options.keepDataEveryMs ?? KEEP_DATA_MS, () =>
    keepData(store, clock, log),
  )
  return {
    async close() {
      await Promise.all([consumer.close(), closing(), keeping()])
    },
  }
}

/** Months made ahead, and what has outlived its use removed, by one backend at a time. */
export async function keepData(store: Store, clock: Clock, log: Log): Promise<void> {
  const now = isoTime(clock.now())
  // In a transaction of its own: it is short, takes locks the other does not, and must not fail with it.
  const made = await ensureEventPartitions(store, now)
  if (made > 0) log.info('event_months_made', { made })
  const removed = await ifNobodyElse(store, 'keep-data', (tx) => removeOutlived(tx, now))
  if (removed && Object.values(removed).some((count) => count > 0)) log.info('outlived_data_removed', { ...removed })
}

/** Runs at once and then after each pause; the returned function ends it and waits. */
function every(
  { clock, log }: RecordingOptions,
  name: string,
  pauseMs: number,
  work: () => Promise<void>,
): () => Promise<void> {
  let closed = false
  let cancel = () => {}
  async function run(): Promise<void> {
    try {
      await work()
    } catch (error) {
      log[isTemporary(error) ? 'warn' : 'error']('recording_task_failed', { task: name, error })
    }
    if (closed) return
    cancel = clock.setTimer(pauseMs, () => {
      running = run()
    })
  }
  let running = run()
  return async () => {
    closed = true
    cancel()
    await running
  }
}
