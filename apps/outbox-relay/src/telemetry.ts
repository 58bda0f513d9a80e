/** What the relay did, as metrics (spec 10). The only place that knows their names. */
import type { Metrics } from '@stam/runtime'
import type { OutboxBacklog } from '@stam/store'

export interface Telemetry {
  polled(now: number): void
  backlog(backlog: OutboxBacklog): void
  published(count: number): void
  /** Commit of the change → confirm of the broker. */
  lag(seconds: number): void
  publishFailed(count: number): void
  instances(count: number): void
}

export function createTelemetry(metrics: Metrics): Telemetry {
  const lastPoll = metrics.gauge({
    name: 'outbox_relay_last_poll_timestamp',
    help: 'When the outbox was last looked at, seconds since 1970',
  })
  const pending = metrics.gauge({
    name: 'outbox_pending_count',
    help: 'Committed messages the broker has not confirmed, counted up to 10000',
  })
  const unnumbered = metrics.gauge({
    name: 'outbox_unnumbered_count',
    help: 'Committed messages without a stream number',
  })
  const failing = metrics.gauge({ name: 'outbox_failing_count', help: 'Messages refused five times or more' })
  const oldest = metrics.gauge({
    name: 'outbox_oldest_pending_seconds',
    help: 'Age of the oldest message not confirmed',
  })
  const published = metrics.counter({ name: 'outbox_relay_published_total', help: 'Messages the broker confirmed' })
  const errors = metrics.counter({
    name: 'outbox_relay_publish_errors_total',
    help: 'Messages the broker did not confirm',
  })
  const lag = metrics.histogram({
    name: 'outbox_relay_lag_seconds',
    help: 'From the commit of a change to its confirm',
  })
  const instances = metrics.gauge({ name: 'outbox_relay_active_instances', help: 'Relays that say they live' })
  return {
    polled: (now) => lastPoll.set(now / 1000),
    backlog(backlog) {
      pending.set(backlog.pending)
      unnumbered.set(backlog.unnumbered)
      failing.set(backlog.failing)
      oldest.set(backlog.oldestMs / 1000)
    },
    published: (count) => published.inc(count),
    lag: (seconds) => lag.observe(Math.max(0, seconds)),
    publishFailed: (count) => errors.inc(count),
    instances: (count) => instances.set(count),
  }
}
