export { isLiveUnavailable, LIVE_ERROR_CODES, LiveError, type LiveErrorCode } from './errors.ts'
export {
  type Lease,
  type Leases,
  LIVE_TIMES,
  type Live,
  type LiveEvent,
  type LiveTimes,
  type PanelChange,
  type PanelStates,
  type PanelTouch,
  type Presence,
  type RateLimits,
  type RecentSites,
  type ReplayBuffer,
  type Tickets,
} from './live.ts'
export { createMemoryLive, type MemoryLiveOptions, MemoryLiveStore } from './memory/memory-live.ts'
export { createRedisLive, type RedisLiveOptions } from './redis/redis-live.ts'
