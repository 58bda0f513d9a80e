import type { ComponentStatus, PanelLive, StreamMessage } from '@stam/contracts'
import { type Clock, isoTime, systemClock } from '@stam/runtime'
import { LiveError } from '../errors.ts'
import {
  LIVE_TIMES,
  type Live,
  type LiveTimes,
  type PanelChange,
  type PanelTouch,
  RECENT_SITES,
  REPLAY_SIZE,
} from '../live.ts'
import { fromRecord, type PanelRecord, remainingMs, toRecord } from '../panel-record.ts'
import { isComplete } from '../replay-complete.ts'
import { ExpiringMap } from './expiring-map.ts'

type Part = Exclude<keyof PanelRecord, 'meta'>
const hashParts = ['zones', 'partitions', 'outputs', 'troubles'] as const

/** What Redis is to the distributed profile: one per process, shared by the `Live` of each app in it. */
export class MemoryLiveStore {
  readonly clock: Clock
  readonly meta: ExpiringMap<PanelRecord['meta']>
  readonly parts: ExpiringMap<NonNullable<PanelRecord[Part]>>
  readonly leases: ExpiringMap<string>
  readonly tickets: ExpiringMap<string>
  readonly limits: ExpiringMap<{ count: number }>
  readonly beats: ExpiringMap<readonly [component: string, instance: string]>
  readonly recentSites: ExpiringMap<readonly string[]>
  readonly messages = new Map<number, string>()
  readonly #watchers = new Set<(change: PanelChange) => void>()
  readonly #turns = new Set<(up: boolean) => void>()
  #up = true

  constructor(options: { clock?: Clock } = {}) {
    this.clock = options.clock ?? systemClock
    const now = () => this.clock.now()
    this.meta = new ExpiringMap(now)
    this.parts = new ExpiringMap(now)
    this.leases = new ExpiringMap(now)
    this.tickets = new ExpiringMap(now)
    this.limits = new ExpiringMap(now)
    this.beats = new ExpiringMap(now)
    this.recentSites = new ExpiringMap(now)
  }

  get up(): boolean {
    return this.#up
  }

  /** For tests of degraded modes: away, with everything kept. */
  stop(): void {
    this.#turn(false)
  }

  start(): void {
    this.#turn(true)
    this.tell({ kind: 'resync' })
  }

  watch(watcher: (change: PanelChange) => void, onTurn: (up: boolean) => void): () => void {
    this.#watchers.add(watcher)
    this.#turns.add(onTurn)
    return () => {
      this.#watchers.delete(watcher)
      this.#turns.delete(onTurn)
    }
  }

  tell(change: PanelChange): void {
    for (const watcher of this.#watchers) watcher(change)
  }

  #turn(up: boolean): void {
    if (up === this.#up) return
    this.#up = up
    for (const onTurn of this.#turns) onTurn(up)
  }
}

export interface MemoryLiveOptions {
  /** Shared by all that shall see each other; one of its own unless given. */
  readonly store?: MemoryLiveStore
  readonly times?: Partial<LiveTimes>
}

/** Live state of the embedded profile: same behaviour, one process. */
export function createMemoryLive(options: MemoryLiveOptions = {}): Live {
  const store = options.store ?? new MemoryLiveStore()
  const times = { ...LIVE_TIMES, ...options.times }
  const state = new MemoryState(store)
  const ask = <T>(answer: () => T): Promise<T> => state.ask(answer)
  return {
    get status() {
      return state.status
    },
    onStatus: (listener) => state.onStatus(listener),
    ready: () => ask(() => undefined),
    panels: {
      apply: (panel) => ask(() => apply(store, panel, times)),
      touch: (panels) =>
        ask(() => panels.filter((panel) => !touch(store, panel, times)).map(({ panel_id }) => panel_id)),
      snapshot: (panelIds) => ask(() => panelIds.map((panelId) => fromRecord(panelId, read(store, panelId)))),
      onChange: (listener) => state.onChange(listener),
    },
    leases: leases(store, ask),
    tickets: {
      put: (hash, data, ttlMs) =>
        ask(() => !store.tickets.has(hash) && store.tickets.set(hash, JSON.stringify(data), ttlMs)),
      take: (hash) =>
        ask(() => {
          const data = store.tickets.take(hash)
          return data === undefined ? null : (JSON.parse(data) as Record<string, unknown>)
        }),
    },
    replay: replayBuffer(store, ask),
    limits: {
      hit: (key, windowMs, max) =>
        ask(() => {
          const counter = store.limits.get(key) ?? { count: 0 }
          counter.count++
          if (store.limits.get(key) === undefined) store.limits.set(key, counter, windowMs)
          const remaining = Math.max(0, max - counter.count)
          return { allowed: counter.count <= max, remaining, resetMs: store.limits.leftMs(key) }
        }),
    },
    presence: presence(store, ask),
    recentSites: {
      push: (userId, siteId) =>
        ask(() => {
          const others = (store.recentSites.get(userId) ?? []).filter((id) => id !== siteId)
          store.recentSites.set(userId, [siteId, ...others].slice(0, RECENT_SITES), times.recentSitesMs)
        }),
      list: (userId) => ask(() => [...(store.recentSites.get(userId) ?? [])]),
    },
    close: async () => state.close(),
  }
}

type Ask = <T>(answer: () => T) => Promise<T>

class MemoryState {
  readonly #store: MemoryLiveStore
  readonly #listeners = new Set<(change: PanelChange) => void>()
  readonly #statusListeners = new Set<(status: ComponentStatus) => void>()
  readonly #unwatch: () => void
  #closed = false
  status: ComponentStatus

  constructor(store: MemoryLiveStore) {
    this.#store = store
    this.status = this.#statusNow()
    this.#unwatch = store.watch(
      (change) => {
        for (const listener of this.#listeners) listener(change)
      },
      () => this.#turn(),
    )
  }

  async ask<T>(answer: () => T): Promise<T> {
    if (this.#closed || !this.#store.up) throw new LiveError('LIVE_UNAVAILABLE', 'live state is stopped')
    return answer()
  }

  onStatus(listener: (status: ComponentStatus) => void): () => void {
    this.#statusListeners.add(listener)
    return () => this.#statusListeners.delete(listener)
  }

  onChange(listener: (change: PanelChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    this.#closed = true
    this.#unwatch()
    this.#turn()
    this.#statusListeners.clear()
    this.#listeners.clear()
  }

  #turn(): void {
    this.status = this.#statusNow()
    for (const listener of this.#statusListeners) listener(this.status)
  }

  #statusNow(): ComponentStatus {
    const since = isoTime(this.#store.clock.now())
    if (this.#closed) return { name: 'redis', state: 'off', since, error: null }
    if (!this.#store.up) return { name: 'redis', state: 'down', since, error: 'live state is stopped' }
    return { name: 'redis', state: 'up', since, error: null }
  }
}

function order(a: { epoch: number; version: number }, b: { epoch: number; version: number }): number {
  return a.epoch - b.epoch || a.version - b.version
}

function apply(store: MemoryLiveStore, panel: PanelLive, times: LiveTimes): 'applied' | 'stale' {
  const known = store.meta.get(panel.panel_id)
  const newer =
    known === undefined ? 1 : order(panel, { epoch: Number(known['epoch']), version: Number(known['version']) })
  if (newer < 0) return 'stale'
  const record = toRecord(panel)
  const dataMs = remainingMs(panel.last_contact_at, store.clock.now(), times.panelDataMs)
  store.meta.set(panel.panel_id, record.meta, times.panelMetaMs)
  const put = (part: Part, lifeMs: number) => {
    const value = record[part]
    if (value === null || lifeMs <= 0) store.parts.delete(`${panel.panel_id}:${part}`)
    else store.parts.set(`${panel.panel_id}:${part}`, value, lifeMs)
  }
  put('connection', times.connectionMs)
  put('lastPoll', dataMs)
  for (const part of hashParts) put(part, dataMs)
  // A copy: in Redis nobody shares an object with anybody either.
  if (newer > 0) store.tell({ kind: 'panel', panel: structuredClone(panel) })
  return 'applied'
}

/** False when it has to be applied whole. */
function touch(store: MemoryLiveStore, panel: PanelTouch, times: LiveTimes): boolean {
  const { panel_id: id, last_contact_at: contact } = panel
  const known = store.meta.get(id)
  if (known === undefined) return false
  const newer = order(panel, { epoch: Number(known['epoch']), version: Number(known['version']) })
  if (newer !== 0) return newer < 0
  const here = hashParts.filter((part) => store.parts.has(`${id}:${part}`))
  if (!store.parts.has(`${id}:connection`) || here.length < Number(known['parts'])) return false
  store.meta.set(id, known, times.panelMetaMs)
  store.parts.prolong(`${id}:connection`, times.connectionMs)
  const dataMs = remainingMs(contact, store.clock.now(), times.panelDataMs)
  if (dataMs > 0 && contact !== null) {
    store.meta.set(id, { ...known, last_contact_at: contact }, times.panelMetaMs)
    store.parts.set(`${id}:lastPoll`, contact, dataMs)
    for (const part of here) store.parts.prolong(`${id}:${part}`, dataMs)
  }
  return true
}

function read(store: MemoryLiveStore, panelId: string): PanelRecord {
  const part = <T>(name: Part) => (store.parts.get(`${panelId}:${name}`) ?? null) as T
  return {
    meta: store.meta.get(panelId) ?? {},
    connection: part('connection'),
    lastPoll: part('lastPoll'),
    zones: part('zones'),
    partitions: part('partitions'),
    outputs: part('outputs'),
    troubles: part('troubles'),
  }
}

function leases(store: MemoryLiveStore, ask: Ask): Live['leases'] {
  const mine = (panelId: string, workerId: string) => store.leases.get(panelId) === workerId
  return {
    acquire: (panelId, workerId, ttlMs) =>
      ask(() => {
        if (store.leases.has(panelId) && !mine(panelId, workerId)) return false
        return store.leases.set(panelId, workerId, ttlMs)
      }),
    renew: (panelIds, workerId, ttlMs) =>
      ask(() => panelIds.filter((panelId) => mine(panelId, workerId) && store.leases.prolong(panelId, ttlMs))),
    release: (panelIds, workerId) =>
      ask(() => {
        for (const panelId of panelIds) if (mine(panelId, workerId)) store.leases.delete(panelId)
      }),
    list: () =>
      ask(() => store.leases.entries().map(([panel_id, worker_id, ttl_ms]) => ({ panel_id, worker_id, ttl_ms }))),
  }
}

function replayBuffer({ messages }: MemoryLiveStore, ask: Ask): Live['replay'] {
  const numbers = () => [...messages.keys()].sort((a, b) => a - b)
  return {
    append: (more) =>
      ask(() => {
        for (const message of more) {
          if (!messages.has(message.sequence_id)) messages.set(message.sequence_id, JSON.stringify(message))
        }
        const excess = messages.size - REPLAY_SIZE
        if (excess > 0) for (const number of numbers().slice(0, excess)) messages.delete(number)
      }),
    since: (sequenceId, limit) =>
      ask(() => {
        const known = numbers()
        const after = known.filter((number) => number > sequenceId).slice(0, limit)
        const found = after.map((number) => JSON.parse(messages.get(number) as string) as StreamMessage)
        return { messages: found, complete: isComplete(sequenceId, found, known.at(-1) ?? null) }
      }),
    size: () => ask(() => messages.size),
    clear: () => ask(() => messages.clear()),
  }
}

function presence({ beats }: MemoryLiveStore, ask: Ask): Live['presence'] {
  const key = (component: string, instance: string) => JSON.stringify([component, instance])
  return {
    beat: (component, instance, ttlMs) =>
      ask(() => {
        beats.set(key(component, instance), [component, instance], ttlMs)
      }),
    leave: (component, instance) =>
      ask(() => {
        beats.delete(key(component, instance))
      }),
    alive: () =>
      ask(() => beats.entries().map(([, [component, instance], ttl_ms]) => ({ component, instance, ttl_ms }))),
  }
}
