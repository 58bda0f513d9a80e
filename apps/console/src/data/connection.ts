/**
 * What the operator must be told about the connection: one pure decision over everything known, so that every screen
 * shows the same banners. Source: spec 08 "Always true on every screen".
 */
import type { ComponentStatus, SystemStatus } from '@stam/contracts'
import type { StreamPhase } from './stream-client.ts'

export const connectionTiming = {
  /** A list not refreshed for so long is said to be old. */
  staleMs: 30_000,
  /** Reconnecting for so long: advice is shown. */
  adviceMs: 60_000,
  /** Losses shorter than this are not worth a banner (a reload of the page, a switch of the back end). */
  quietMs: 1_500,
} as const

export interface ConnectionFacts {
  readonly phase: StreamPhase
  /** Since when the stream has not been live; null while it is. */
  readonly lostAt: number | null
  readonly attempt: number
  readonly retryAt: number | null
  /** Whether the last REST call reached a server; null = none was made yet. */
  readonly restUp: boolean | null
  readonly restDownSince: number | null
  /** When the list was last known to be right: heard on the live stream, or a page by REST. */
  readonly freshAt: number | null
  /** The stream has been live at least once since sign-in. */
  readonly everLive: boolean
  readonly status: SystemStatus | null
}

export type Banner =
  | {
      readonly kind: 'unreachable'
      readonly since: number
      readonly dataFrom: number | null
      readonly advice: boolean
      readonly attempt: number
    }
  | {
      readonly kind: 'realtime_lost'
      readonly since: number
      readonly attempt: number
      readonly retryAt: number | null
      readonly advice: boolean
    }
  | { readonly kind: 'synchronising' }
  /** Switched off by configuration: no fault, but the list comes by asking. */
  | { readonly kind: 'realtime_off' }
  | { readonly kind: 'degraded'; readonly components: readonly ComponentStatus[] }
  | { readonly kind: 'maintenance' }
  | { readonly kind: 'stale'; readonly dataFrom: number }

export interface Connection {
  readonly banners: readonly Banner[]
  /** Mutations make sense: the server answers. */
  readonly canAct: boolean
  /** Live panel state may be trusted as far as its own age says. */
  readonly liveState: boolean
}

export function judgeConnection(facts: ConnectionFacts, now: number): Connection {
  const banners: Banner[] = []
  const live = facts.phase === 'live'
  const lostFor = facts.lostAt === null ? 0 : now - facts.lostAt
  const unreachable = !live && facts.restUp === false
  const advice = lostFor >= connectionTiming.adviceMs
  if (unreachable) {
    const since = facts.restDownSince ?? facts.lostAt ?? now
    banners.push({ kind: 'unreachable', since, dataFrom: facts.freshAt, advice, attempt: facts.attempt })
  } else if (facts.status?.features.realtime === false) {
    banners.push({ kind: 'realtime_off' })
  } else if (facts.phase === 'syncing' && facts.everLive) {
    banners.push({ kind: 'synchronising' })
  } else if (!live && facts.phase !== 'stopped' && lostFor >= connectionTiming.quietMs) {
    const { attempt, retryAt } = facts
    banners.push({ kind: 'realtime_lost', since: facts.lostAt ?? now, attempt, retryAt, advice })
  }
  banners.push(...systemBanners(facts.status))
  // The red banner dates the data itself.
  if (!unreachable && facts.freshAt !== null && now - facts.freshAt > connectionTiming.staleMs) {
    banners.push({ kind: 'stale', dataFrom: facts.freshAt })
  }
  return { banners, canAct: !unreachable, liveState: live && facts.status?.mode !== 'degraded' }
}

function systemBanners(status: SystemStatus | null): Banner[] {
  if (status === null) return []
  if (status.mode === 'maintenance') return [{ kind: 'maintenance' }]
  if (status.mode !== 'degraded') return []
  return [
    {
      kind: 'degraded',
      components: status.components.filter(
        (component) => component.state === 'down' || component.state === 'connecting',
      ),
    },
  ]
}
