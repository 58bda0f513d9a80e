/** What recording did, as metrics (spec 10). The only place that knows their names. */
import type { PanelEvent } from '@stam/contracts'
import type { Metrics } from '@stam/runtime'
import type { OpenFigures, RecordOutcome } from '@stam/store'

import { LastMinute } from './last-minute.ts'

export interface RecordingTelemetry {
  recorded(events: readonly PanelEvent[], outcomes: readonly RecordOutcome[], seconds: number): void
  closedByItself(count: number): void
  acknowledgedByItself(count: number): void
  open(figures: OpenFigures): void
}

export function createRecordingTelemetry(metrics: Metrics): RecordingTelemetry {
  const recent = new LastMinute(() => performance.now())
  metrics.gauge({
    name: 'events_per_minute',
    help: 'Events recorded by this process in the last 60 seconds',
    collect: (gauge) => gauge.set(recent.count),
  })
  const events = metrics.counter({
    name: 'events_recorded_total',
    help: 'Events off the broker by what became of them',
    labels: ['outcome'],
  })
  const repeats = metrics.counter({
    name: 'events_deduplicated_total',
    help: 'Signals counted on an earlier one of the same duplicate window, by site',
    labels: ['site'],
  })
  const created = metrics.counter({ name: 'alarms_created_total', help: 'Alarms opened by events' })
  const alarms = metrics.counter({
    name: 'alarms_total',
    help: 'Alarms opened, by what told of them and what it was',
    labels: ['source', 'type'],
  })
  const duration = metrics.histogram({ name: 'event_record_seconds', help: 'From a batch in hand to its commit' })
  const closed = metrics.counter({ name: 'alarms_auto_closed_total', help: 'Alarms closed by the clock' })
  const acknowledged = metrics.counter({
    name: 'alarms_auto_acknowledged_total',
    help: 'INFO alarms acknowledged by the clock',
  })
  const active = metrics.gauge({
    name: 'alarms_active',
    help: 'Open alarms, without those of sites on test',
    labels: ['status'],
  })
  const stale = metrics.gauge({ name: 'stale_alarm_count', help: 'CRITICAL alarms open for more than 24 hours' })
  return {
    recorded(batch, outcomes, seconds) {
      duration.observe(seconds)
      outcomes.forEach((outcome, index) => {
        events.inc({ outcome: outcome.outcome })
        if (outcome.outcome !== 'recorded') return
        recent.add(1)
        if (outcome.kind === 'repeat') repeats.inc({ site: outcome.site_id })
        if (outcome.kind !== 'open') return
        created.inc()
        const event = batch[index] as PanelEvent
        alarms.inc({ source: event.source, type: event.event_type })
      })
    },
    closedByItself: (count) => closed.inc(count),
    acknowledgedByItself: (count) => acknowledged.inc(count),
    open(figures) {
      for (const [status, count] of Object.entries(figures.active)) active.set({ status }, count)
      stale.set(figures.stale)
    },
  }
}
