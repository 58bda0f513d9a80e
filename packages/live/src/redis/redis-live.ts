import { PanelLive, type StreamMessage } from '@stam/contracts'
import {
  type Lease,
  type Leases,
  LIVE_TIMES,
  type Live,
  type LiveTimes,
  type PanelChange,
  type PanelStates,
  type PanelTouch,
  type Presence,
  RECENT_SITES,
  REPLAY_SIZE,
  type RateLimits,
  type RecentSites,
  type ReplayBuffer,
  type Tickets,
} from '../live.ts'
import { fromRecord, type Hash, type PanelRecord, remainingMs, toRecord } from '../panel-record.ts'
import { isComplete } from '../replay-complete.ts'
import { RedisConnection, type RedisConnectionOptions } from './redis-connection.ts'
import type { ScriptedRedis } from './scripts.ts'

export interface RedisLiveOptions extends RedisConnectionOptions {
  readonly times?: Partial<LiveTimes>
}

const PANEL_CHANNEL = 'panel:changes'
const REPLAY_KEY = 'ws:events:buffer'
const PRESENCE_KEY = 'components:alive'
const LEASE_PREFIX = 'panel:lock:'

export function createRedisLive(options: RedisLiveOptions): Live {
  const times = { ...LIVE_TIMES, ...options.times }
  const listeners = new Set<(change: PanelChange) => void>()
  const tell = (change: PanelChange) => {
    for (const listener of listeners) listener(change)
  }
  const connection = new RedisConnection(options, PANEL_CHANNEL, {
    message: (text) => {
      const panel = PanelLive.safeParse(JSON.parse(text))
      // Somebody of another version may say what we cannot read: then what we show is no longer certain.
      tell(panel.success ? { kind: 'panel', panel: panel.data } : { kind: 'resync' })
    },
    resync: () => tell({ kind: 'resync' }),
  })
  return {
    get status() {
      return connection.status
    },
    onStatus: (listener) => connection.onStatus(listener),
    ready: (timeoutMs) => connection.ready(timeoutMs),
    panels: panelStates(connection, times, listeners),
    leases: leases(connection),
    tickets: tickets(connection),
    replay: replayBuffer(connection),
    limits: rateLimits(connection),
    presence: presence(connection),
    recentSites: recentSites(connection, times),
    close: () => connection.close(),
  }
}

function panelKeys(panelId: string): [string, string, string, string, string, string, string] {
  const key = (part: string) => `panel:${panelId}:${part}`
  return [
    key('meta'),
    key('connection'),
    key('last_poll'),
    key('zones'),
    key('partitions'),
    key('outputs'),
    key('troubles'),
  ]
}

function panelStates(
  connection: RedisConnection,
  times: LiveTimes,
  listeners: Set<(change: PanelChange) => void>,
): PanelStates {
  return {
    async apply(panel) {
      const record = toRecord(panel)
      const dataMs = remainingMs(panel.last_contact_at, Date.now(), times.panelDataMs)
      const result = await connection.ask('applying a panel', (redis) =>
        redis.stamApplyPanel(
          ...panelKeys(panel.panel_id),
          panel.epoch,
          panel.version,
          times.panelMetaMs,
          times.connectionMs,
          dataMs,
          record.connection ?? '',
          record.lastPoll ?? '',
          PANEL_CHANNEL,
          JSON.stringify(panel),
          ...flat(record.meta),
          ...flat(record.zones),
          ...flat(record.partitions),
          ...flat(record.outputs),
          ...flat(record.troubles),
        ),
      )
      return result === 0 ? 'stale' : 'applied'
    },
    async touch(panels) {
      const results = await connection.ask('touching panels', (redis) =>
        Promise.all(panels.map((panel) => touchOne(redis, panel, times))),
      )
      return panels.filter((_, index) => results[index] === 0).map(({ panel_id }) => panel_id)
    },
    snapshot: (panelIds) =>
      connection.ask('reading panels', (redis) => Promise.all(panelIds.map((panelId) => readOne(redis, panelId)))),
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

function touchOne(redis: ScriptedRedis, panel: PanelTouch, times: LiveTimes): Promise<unknown> {
  const dataMs = remainingMs(panel.last_contact_at, Date.now(), times.panelDataMs)
  return redis.stamTouchPanel(
    ...panelKeys(panel.panel_id),
    panel.epoch,
    panel.version,
    times.panelMetaMs,
    times.connectionMs,
    dataMs,
    panel.last_contact_at ?? '',
  )
}

async function readOne(redis: ScriptedRedis, panelId: string): Promise<PanelLive> {
  const [meta, connection, lastPoll, zones, partitions, outputs, troubles] = panelKeys(panelId)
  // Read as one, or a change in between would mix two states.
  const answers = await redis
    .multi()
    .hgetall(meta)
    .get(connection)
    .get(lastPoll)
    .hgetall(zones)
    .hgetall(partitions)
    .hgetall(outputs)
    .hgetall(troubles)
    .exec()
  const found = values<[Hash, string | null, string | null, Hash, Hash, Hash, Hash]>(answers)
  const record: PanelRecord = {
    meta: found[0],
    connection: found[1],
    lastPoll: found[2],
    zones: present(found[3]),
    partitions: present(found[4]),
    outputs: present(found[5]),
    troubles: present(found[6]),
  }
  return fromRecord(panelId, record)
}

function leases(connection: RedisConnection): Leases {
  return {
    async acquire(panelId, workerId, ttlMs) {
      const won = await connection.ask('acquiring a lease', (redis) =>
        redis.stamAcquireLease(LEASE_PREFIX + panelId, workerId, ttlMs),
      )
      return won === 1
    },
    async renew(panelIds, workerId, ttlMs) {
      const kept = await connection.ask('renewing leases', (redis) =>
        Promise.all(panelIds.map((panelId) => redis.stamRenewLease(LEASE_PREFIX + panelId, workerId, ttlMs))),
      )
      return panelIds.filter((_, index) => kept[index] === 1)
    },
    async release(panelIds, workerId) {
      await connection.ask('releasing leases', (redis) =>
        Promise.all(panelIds.map((panelId) => redis.stamReleaseLease(LEASE_PREFIX + panelId, workerId))),
      )
    },
    list: () => connection.ask('listing leases', listLeases),
  }
}

async function listLeases(redis: ScriptedRedis): Promise<Lease[]> {
  const keys = new Set<string>()
  let cursor = '0'
  do {
    const [next, found] = await redis.scan(cursor, 'MATCH', `${LEASE_PREFIX}*`, 'COUNT', 1_000)
    for (const key of found) keys.add(key)
    cursor = next
  } while (cursor !== '0')
  const rows = await Promise.all(
    [...keys].map(async (key) => ({ key, owner: await redis.get(key), ttl: await redis.pttl(key) })),
  )
  return rows.flatMap(({ key, owner, ttl }) =>
    owner === null || ttl <= 0 ? [] : [{ panel_id: key.slice(LEASE_PREFIX.length), worker_id: owner, ttl_ms: ttl }],
  )
}

function tickets(connection: RedisConnection): Tickets {
  return {
    async put(ticketHash, data, ttlMs) {
      const stored = await connection.ask('storing a ticket', (redis) =>
        redis.set(`ws_ticket:${ticketHash}`, JSON.stringify(data), 'PX', ttlMs, 'NX'),
      )
      return stored === 'OK'
    },
    async take(ticketHash) {
      const data = await connection.ask('taking a ticket', (redis) => redis.getdel(`ws_ticket:${ticketHash}`))
      return data === null ? null : (JSON.parse(data) as Record<string, unknown>)
    },
  }
}

function replayBuffer(connection: RedisConnection): ReplayBuffer {
  return {
    async append(messages) {
      if (messages.length === 0) return
      const pairs = messages.flatMap((message) => [message.sequence_id, JSON.stringify(message)])
      await connection.ask('appending to the replay buffer', (redis) =>
        redis.stamAppendReplay(REPLAY_KEY, REPLAY_SIZE, ...pairs),
      )
    },
    async since(sequenceId, limit) {
      const [texts, newest] = await connection.ask('reading the replay buffer', async (redis) => {
        const answers = await redis
          .multi()
          .zrangebyscore(REPLAY_KEY, `(${sequenceId}`, '+inf', 'LIMIT', 0, limit)
          .zrange(REPLAY_KEY, '0', '0', 'REV', 'WITHSCORES')
          .exec()
        return values<[string[], string[]]>(answers)
      })
      const messages = texts.map((text) => JSON.parse(text) as StreamMessage)
      return {
        messages,
        complete: isComplete(sequenceId, messages, newest[1] === undefined ? null : Number(newest[1])),
      }
    },
    size: () => connection.ask('measuring the replay buffer', (redis) => redis.zcard(REPLAY_KEY)),
    clear: () =>
      connection.ask('clearing the replay buffer', async (redis) => {
        await redis.del(REPLAY_KEY)
      }),
  }
}

function rateLimits(connection: RedisConnection): RateLimits {
  return {
    async hit(key, windowMs, max) {
      const [count, resetMs] = (await connection.ask('counting for a limit', (redis) =>
        redis.stamHitLimit(`limit:${key}`, windowMs),
      )) as [number, number]
      return { allowed: count <= max, remaining: Math.max(0, max - count), resetMs }
    },
  }
}

function presence(connection: RedisConnection): Presence {
  const member = (component: string, instance: string) => JSON.stringify([component, instance])
  return {
    async beat(component, instance, ttlMs) {
      await connection.ask('telling that we live', (redis) =>
        redis.stamBeat(PRESENCE_KEY, member(component, instance), ttlMs),
      )
    },
    async leave(component, instance) {
      await connection.ask('telling that we leave', (redis) => redis.zrem(PRESENCE_KEY, member(component, instance)))
    },
    async alive() {
      const found = (await connection.ask('asking who lives', (redis) => redis.stamAlive(PRESENCE_KEY))) as string[]
      return Array.from({ length: found.length / 2 }, (_, index) => {
        const [component, instance] = JSON.parse(found[index * 2] as string) as [string, string]
        return { component, instance, ttl_ms: Number(found[index * 2 + 1]) }
      })
    },
  }
}

function recentSites(connection: RedisConnection, times: LiveTimes): RecentSites {
  const key = (userId: string) => `user:${userId}:recent_sites`
  return {
    async push(userId, siteId) {
      await connection.ask('noting a site', (redis) =>
        redis
          .multi()
          .lrem(key(userId), 0, siteId)
          .lpush(key(userId), siteId)
          .ltrim(key(userId), 0, RECENT_SITES - 1)
          .pexpire(key(userId), times.recentSitesMs)
          .exec(),
      )
    },
    list: (userId) => connection.ask('reading recent sites', (redis) => redis.lrange(key(userId), 0, -1)),
  }
}

function flat(hash: Hash | null): (string | number)[] {
  if (!hash) return [-1]
  const pairs = Object.entries(hash)
  return [pairs.length, ...pairs.flat()]
}

/** Redis answers an empty hash for a key that is not there. */
function present(hash: Hash): Hash | null {
  return Object.keys(hash).length === 0 ? null : hash
}

/** The answers of a transaction; throws the first error among them. */
function values<T extends readonly unknown[]>(answers: [error: Error | null, value: unknown][] | null): T {
  return (answers ?? []).map(([error, value]) => {
    if (error) throw error
    return value
  }) as unknown as T
}
