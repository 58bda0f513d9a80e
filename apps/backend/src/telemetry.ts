/** What happened in this app, as metrics (spec 10). The only place that knows their names. */
import { closeCodes } from '@stam/contracts'
import type { Metrics } from '@stam/runtime'

export interface Telemetry {
  request(of: { method: string; route: string; status: number; seconds: number }): void
  loginFailed(): void
  accountLocked(): void
  replay(tier: 1 | 2): void
  replayOverflow(): void
  sockets(count: number): void
  socketClosed(code: number): void
  /** Commit of the change → handed to the sockets of this instance. */
  delivered(seconds: number): void
  alarmAction(action: string, seconds: number | null): void
}

/** Read when metrics are asked for. */
export interface Observed {
  /** Frames in the replay memory. */
  readonly buffered: () => number
  /** Null while the broker cannot be asked. */
  readonly deadLetters: () => number | null
}

/** Clients may close with any number they like; each would be a series of its own for ever. */
const KNOWN_CLOSES: ReadonlySet<number> = new Set([
  1000,
  1001,
  1002,
  1003,
  1005,
  1006,
  1007,
  1009,
  ...Object.values(closeCodes),
])

export function createTelemetry(metrics: Metrics, observe: Observed): Telemetry {
  const requests = metrics.counter({
    name: 'http_requests_total',
    help: 'Answered requests',
    labels: ['method', 'route', 'status'],
  })
  const durations = metrics.histogram({
    name: 'http_request_duration_seconds',
    help: 'From the first byte of a request to the end of its answer',
    labels: ['method', 'route'],
  })
  const loginFailures = metrics.counter({ name: 'auth_login_failures_total', help: 'Refused logins' })
  const locks = metrics.counter({ name: 'auth_account_locks_total', help: 'Accounts locked by ten failed logins' })
  const replays = metrics.counter({ name: 'ws_replay_total', help: 'Finished replays', labels: ['tier'] })
  const overflows = metrics.counter({ name: 'ws_replay_overflow_total', help: 'Replays that reached back too far' })
  const connections = metrics.gauge({ name: 'websocket_connections_active', help: 'Open WebSockets' })
  const closes = metrics.counter({ name: 'websocket_closed_total', help: 'Closed WebSockets', labels: ['code'] })
  const delivered = metrics.histogram({
    name: 'event_to_screen_seconds',
    help: 'From the commit of a change until it is handed to the sockets',
  })
  const actions = metrics.counter({
    name: 'alarm_actions_total',
    help: 'Accepted actions on alarms',
    labels: ['action'],
  })
  const responses = metrics.histogram({
    name: 'alarm_response_time_seconds',
    help: 'From the opening of an alarm to its claim',
    buckets: [5, 15, 30, 60, 90, 120, 180, 300, 600, 1800, 3600],
  })
  const resolutions = metrics.histogram({
    name: 'alarm_resolution_time_seconds',
    help: 'From the opening of an alarm to its close',
    buckets: [60, 300, 600, 1800, 3600, 7200, 14_400, 28_800, 86_400],
  })
  metrics.gauge({
    name: 'ws_events_buffer_size',
    help: 'Messages held for replay',
    collect: (gauge) => gauge.set(observe.buffered()),
  })
  metrics.gauge({
    name: 'dead_letters',
    help: 'Messages no consumer could take; absent while the broker cannot be asked',
    collect: (gauge) => {
      const count = observe.deadLetters()
      if (count === null) gauge.remove()
      else gauge.set(count)
    },
  })
  return {
    request({ method, route, status, seconds }) {
      requests.inc({ method, route, status: String(status) })
      durations.observe({ method, route }, seconds)
    },
    loginFailed: () => loginFailures.inc(),
    accountLocked: () => locks.inc(),
    replay: (tier) => replays.inc({ tier: String(tier) }),
    replayOverflow: () => overflows.inc(),
    sockets: (count) => connections.set(count),
    socketClosed: (code) => closes.inc({ code: KNOWN_CLOSES.has(code) ? String(code) : 'other' }),
    delivered: (seconds) => delivered.observe(Math.max(0, seconds)),
    alarmAction(action, seconds) {
      actions.inc({ action })
      if (seconds === null) return
      if (action === 'claim') responses.observe(seconds)
      if (action === 'close') resolutions.observe(seconds)
    },
  }
}
