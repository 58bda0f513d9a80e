import type { CodePage } from '../codec/code-page.ts'
import { SYSTEM_CLOCK } from './timer-wheel.ts'
import type { LinkClock, PanelLinkOptions } from './types.ts'
import { zoneOffsetMs } from './panel-time.ts'

export interface ResolvedOptions {
  readonly host: string
  readonly port: number
  readonly integrationKey: string | undefined
  readonly pollIntervalMs: number
  readonly fullReadIntervalMs: number
  readonly answerTimeoutMs: number
  readonly slowAnswerTimeoutMs: number
  readonly keepAliveMs: number
  readonly backoffMs: readonly number[]
  readonly busyBackoffMs: number
  readonly stableAfterMs: number
  readonly dialTimeoutMs: number
  readonly listenFirstMs: number
  readonly push: boolean
  readonly codePage: CodePage
  readonly timeZone: string | undefined
  readonly clock: LinkClock
  readonly monotonic: () => number
  readonly random: () => number
}

function atLeast(name: string, value: number | undefined, fallback: number, minimum: number): number {
  if (value === undefined) return fallback
  if (!(value >= minimum)) throw new RangeError(`${name} must be at least ${minimum}`)
  return value
}

/** @throws RangeError for options no link can work with: port, negative times, an unknown time zone */
export function resolveOptions(options: PanelLinkOptions): ResolvedOptions {
  const { host, port, timeZone } = options
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw new RangeError('port must be 1..65535')
  if (timeZone !== undefined) zoneOffsetMs(timeZone, 0)
  const backoffMs = options.backoffMs ?? [1000, 2000, 4000, 8000, 16000, 30000]
  if (backoffMs.length === 0) throw new RangeError('backoffMs needs at least one entry')
  const clock = options.clock ?? SYSTEM_CLOCK
  return {
    host,
    port,
    integrationKey: options.integrationKey,
    pollIntervalMs: atLeast('pollIntervalMs', options.pollIntervalMs, 1000, 10),
    fullReadIntervalMs: atLeast('fullReadIntervalMs', options.fullReadIntervalMs, 300_000, 10),
    answerTimeoutMs: atLeast('answerTimeoutMs', options.answerTimeoutMs, 3000, 10),
    slowAnswerTimeoutMs: atLeast('slowAnswerTimeoutMs', options.slowAnswerTimeoutMs, 8000, 10),
    keepAliveMs: atLeast('keepAliveMs', options.keepAliveMs, 10_000, 10),
    backoffMs,
    busyBackoffMs: atLeast('busyBackoffMs', options.busyBackoffMs, 5000, 0),
    stableAfterMs: atLeast('stableAfterMs', options.stableAfterMs, 30_000, 0),
    dialTimeoutMs: atLeast('dialTimeoutMs', options.dialTimeoutMs, 5000, 10),
    listenFirstMs: atLeast('listenFirstMs', options.listenFirstMs, 150, 0),
    push: options.push !== 'never',
    codePage: options.codePage ?? 'windows-1250',
    timeZone,
    clock,
    monotonic: clock.monotonic === undefined ? () => clock.now() : () => (clock.monotonic as () => number)(),
    random: options.random ?? Math.random,
  }
}
