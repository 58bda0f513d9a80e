import type { ComponentStatus, PanelLive, StreamMessage } from '@stam/contracts'

/**
 * What is true now and may be lost: state of panels, leases, tickets, the newest stream messages. Redis in the distributed
 * profile, in memory in the embedded one; both pass test/live-contract.ts. Keys and times: docs/messaging.md.
 *
 * Every call rejects with `LIVE_UNAVAILABLE`, in bounded time, when Redis is away; callers then ask PostgreSQL.
 */
export interface Live {
  readonly status: ComponentStatus
  /** Calls back after every change of `status`; the result ends it. */
  onStatus(listener: (status: ComponentStatus) => void): () => void
  /** Resolves once `status` is `up`; rejects with `LIVE_UNAVAILABLE` after the time. */
  ready(timeoutMs: number): Promise<void>
  readonly panels: PanelStates
  readonly leases: Leases
  readonly tickets: Tickets
  readonly replay: ReplayBuffer
  readonly limits: RateLimits
  readonly presence: Presence
  readonly recentSites: RecentSites
  close(): Promise<void>
}

export interface PanelStates {
  /**
   * Replaces what is known of a panel and tells every instance. `stale` = a newer (epoch, version) is there already and
   * nothing was changed. The same version again is `applied` and told to nobody.
   */
  apply(panel: PanelLive): Promise<'applied' | 'stale'>
  /**
   * Keeps panels that were polled without a change from expiring. Gives back those that are not there in this version any
   * more (restart, expiry): apply them whole.
   */
  touch(panels: readonly PanelTouch[]): Promise<string[]>
  /** One per id, in the order asked. What expired or was never told is UNKNOWN, with the time of the last contact where known. */
  snapshot(panelIds: readonly string[]): Promise<PanelLive[]>
  /** Changes made by any instance. After `resync` some may have been missed: take a snapshot. */
  onChange(listener: (change: PanelChange) => void): () => void
}

export type PanelTouch = Pick<PanelLive, 'panel_id' | 'epoch' | 'version' | 'last_contact_at'>

export type PanelChange = { readonly kind: 'panel'; readonly panel: PanelLive } | { readonly kind: 'resync' }

export interface Lease {
  readonly panel_id: string
  readonly worker_id: string
  readonly ttl_ms: number
}

/** The fast path of ownership; PostgreSQL's epoch is the truth. */
export interface Leases {
  /** True when the panel is the worker's now; also when it was before. */
  acquire(panelId: string, workerId: string, ttlMs: number): Promise<boolean>
  /** Those of the panels that are still the worker's, now for `ttlMs` from now. */
  renew(panelIds: readonly string[], workerId: string, ttlMs: number): Promise<string[]>
  /** Gives up what is the worker's, leaves alone what is not. */
  release(panelIds: readonly string[], workerId: string): Promise<void>
  list(): Promise<Lease[]>
}

export interface Tickets {
  /** False when this ticket exists already. Never give the ticket itself: its hash. */
  put(ticketHash: string, data: Readonly<Record<string, unknown>>, ttlMs: number): Promise<boolean>
  /** The data, once; null when unknown, expired or taken. */
  take(ticketHash: string): Promise<Record<string, unknown> | null>
}

/** The newest stream messages, for consoles that come back after a short absence (catch-up tier 1). */
export interface ReplayBuffer {
  /** Any order, any repeats: a number is kept once. */
  append(messages: readonly StreamMessage[]): Promise<void>
  /**
   * Messages after `sequenceId`, at most `limit`. `complete` = these are all up to the newest one here, without a gap; if
   * not, ask PostgreSQL.
   */
  since(sequenceId: number, limit: number): Promise<{ messages: StreamMessage[]; complete: boolean }>
  size(): Promise<number>
  clear(): Promise<void>
}

export interface RateLimits {
  /** Counts one more in the window that began with the first. */
  hit(key: string, windowMs: number, max: number): Promise<{ allowed: boolean; remaining: number; resetMs: number }>
}

export interface Presence {
  /** "This instance of this component lives", for `ttlMs`. */
  beat(component: string, instance: string, ttlMs: number): Promise<void>
  leave(component: string, instance: string): Promise<void>
  alive(): Promise<{ component: string; instance: string; ttl_ms: number }[]>
}

export interface RecentSites {
  push(userId: string, siteId: string): Promise<void>
  /** Newest first, at most 20. */
  list(userId: string): Promise<string[]>
}

/** How long things live; spec 04 "Live state". */
export interface LiveTimes {
  /** Zones, partitions, outputs, troubles, counted from the last contact with the panel. */
  readonly panelDataMs: number
  readonly connectionMs: number
  /** Version, identity and time of the last contact: the age of what is UNKNOWN. */
  readonly panelMetaMs: number
  readonly recentSitesMs: number
}

export const LIVE_TIMES: LiveTimes = {
  panelDataMs: 5 * 60_000,
  connectionMs: 2 * 60_000,
  panelMetaMs: 24 * 60 * 60_000,
  recentSitesMs: 30 * 24 * 60 * 60_000,
}

export const REPLAY_SIZE = 5_000
export const RECENT_SITES = 20

/** What happened, for logs and metrics. */
export type LiveEvent =
  | { readonly kind: 'up' }
  | { readonly kind: 'down'; readonly error: string }
  | { readonly kind: 'breaker'; readonly state: 'closed' | 'open' | 'half-open' }
