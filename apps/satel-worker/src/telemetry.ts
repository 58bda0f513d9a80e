/** What the worker did, as metrics (spec 10). The only place that knows their names. */
import type { PanelConnection } from '@stam/contracts'
import type { Metrics } from '@stam/runtime'

export interface Telemetry {
  connection(panelId: string, connection: PanelConnection): void
  forget(panelId: string): void
  reconnected(): void
  /** From a question about the event memory to its last answer, when nothing was new. */
  polled(seconds: number): void
  published(door: 'broker' | 'database', count: number): void
  crcErrors(count: number): void
  late(count: number): void
}

/** Read when the metrics are asked for. */
export interface WorkerFigures {
  readonly assigned: number
  readonly withoutWorker: number
  readonly unknown: number
  readonly held: number
  readonly spooled: number
}

export function createTelemetry(metrics: Metrics, figures: () => WorkerFigures): Telemetry {
  const status = metrics.gauge({
    name: 'satel_connection_status',
    help: '1 while the panel is connected, else 0',
    labels: ['panel'],
  })
  const reconnects = metrics.counter({ name: 'satel_reconnect_total', help: 'Links that came back' })
  const poll = metrics.histogram({
    name: 'satel_poll_duration_seconds',
    help: 'One question to a panel for new records of its event memory',
  })
  const published = metrics.counter({
    name: 'satel_events_published_total',
    help: 'Events that left the worker, by door',
    labels: ['door'],
  })
  const crc = metrics.counter({ name: 'satel_crc_errors_total', help: 'Damaged frames' })
  const late = metrics.counter({
    name: 'satel_late_events_total',
    help: 'Events found in a panel’s memory after a gap',
  })
  const ask = (name: string, help: string, value: (now: WorkerFigures) => number) =>
    metrics.gauge({ name, help, collect: (gauge) => gauge.set(value(figures())) })
  ask('satel_worker_assigned_panels', 'Panels this worker drives', (now) => now.assigned)
  ask('satel_panels_without_worker', 'Enabled panels nobody drives', (now) => now.withoutWorker)
  ask('panels_in_unknown_state', 'Panels without contact', (now) => now.unknown)
  ask('satel_events_held', 'Events neither broker nor database has', (now) => now.held)
  ask('satel_spool_size', 'Events in the spool on disk', (now) => now.spooled)
  return {
    connection: (panel, connection) => status.set({ panel }, connection === 'CONNECTED' ? 1 : 0),
    forget: (panel) => status.remove({ panel }),
    reconnected: () => reconnects.inc(),
    polled: (seconds) => poll.observe(seconds),
    published: (door, count) => published.inc({ door }, count),
    crcErrors: (count) => crc.inc(count),
    late: (count) => late.inc(count),
  }
}
