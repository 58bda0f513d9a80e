/**
 * Panel events off the broker into the database (design, flow 1 step 3): recorded and committed, then acknowledged. Recorded before = free. An
 * outage of PostgreSQL, or a right it has lost, holds the queue, in order; an event that can never be recorded becomes a dead letter with the reason.
 */
import type { Bus, Consumer, Delivery, DeliveryOutcome } from '@stam/bus'
import { done, reject } from '@stam/bus'
import type { PanelEvent } from '@stam/contracts'
import type { Log } from '@stam/runtime'
import { isStoreError, isTemporary, type RecordOutcome, type Store } from '@stam/store'
import { GroupRecorder } from './group-recorder.ts'
import type { RecordingTelemetry } from './telemetry.ts'

export interface RecordPanelEventsOptions {
  readonly store: Store
  readonly bus: Bus
  readonly log: Log
  readonly telemetry: RecordingTelemetry
}

const BATCH_SIZE = 250

export function recordPanelEvents({ store, bus, log, telemetry }: RecordPanelEventsOptions): Consumer {
  const recorder = new GroupRecorder(store)

  async function handle(batch: readonly Delivery[]): Promise<DeliveryOutcome[]> {
    const events = batch.flatMap(({ message }) => (message.kind === 'panel-event' ? [message] : []))
    const startedAt = performance.now()
    const outcomes = await recorder.record(events)
    telemetry.recorded(events, outcomes, (performance.now() - startedAt) / 1000)
    const outcomeOf = new Map(events.map((event, index) => [event, outcomes[index] as RecordOutcome]))
    return batch.map(({ message }) => {
      if (message.kind !== 'panel-event') return reject(`not a panel event: ${message.kind}`)
      return settle(message, outcomeOf.get(message) as RecordOutcome)
    })
  }

  function settle(event: PanelEvent, outcome: RecordOutcome): DeliveryOutcome {
    if (outcome.outcome !== 'refused') {
      log.info('event_recorded', {
        request_id: event.request_id,
        event_id: event.event_id,
        panel_id: event.panel_id,
        outcome: outcome.outcome,
        ...('alarm_id' in outcome && { alarm_id: outcome.alarm_id }),
      })
      return done
    }
    const { reason, detail } = outcome
    log.error('event_refused', {
      event_id: event.event_id,
      panel_id: event.panel_id,
      reason,
      detail,
      request_id: event.request_id,
    })
    return reject(`${reason}: ${detail}`)
  }

  const consumer = bus.consume({
    queue: 'events.processing',
    batchSize: BATCH_SIZE,
    // No waiting for more: the recorder gathers what comes while a transaction runs.
    batchWaitMs: 0,
    handler: handle,
    // A right the database has lost is no fault of the messages either: they wait until somebody gives it back, with a log line each time.
    isOutage: (error) => isTemporary(error) || isStoreError(error, 'PERMISSION_DENIED'),
    isBack: () =>
      store.ping().then(
        () => true,
        () => false,
      ),
  })
  return {
    async close() {
      await consumer.close()
      await recorder.idle()
    },
  }
}
