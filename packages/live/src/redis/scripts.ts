import type { Redis } from 'ioredis'

/**
 * The steps that must not be interrupted, as scripts: Redis runs each alone. Times come from Redis where they decide
 * something, so that instances with different clocks agree.
 */
export const scripts = {
  /**
   * KEYS meta, connection, last_poll, zones, partitions, outputs, troubles.
   * ARGV epoch, version, meta life, connection life, data life, connection, last poll, channel, message, then per hash
   * (meta, zones, partitions, outputs, troubles) its number of pairs (-1 = none) and the pairs.
   * 0 = stale, 1 = applied and told, 2 = the same version again.
   */
  stamApplyPanel: {
    numberOfKeys: 7,
    lua: `
local epoch, version = tonumber(ARGV[1]), tonumber(ARGV[2])
local known = redis.call('HMGET', KEYS[1], 'epoch', 'version')
local result = 1
if known[1] then
  local knownEpoch, knownVersion = tonumber(known[1]), tonumber(known[2])
  if epoch < knownEpoch or (epoch == knownEpoch and version < knownVersion) then return 0 end
  if epoch == knownEpoch and version == knownVersion then result = 2 end
end
local at = 10
local function put(key, life)
  local pairsOf = tonumber(ARGV[at])
  at = at + 1
  redis.call('DEL', key)
  if pairsOf < 0 then return end
  if life > 0 then
    redis.call('HSET', key, unpack(ARGV, at, at + pairsOf * 2 - 1))
    redis.call('PEXPIRE', key, life)
  end
  at = at + pairsOf * 2
end
put(KEYS[1], tonumber(ARGV[3]))
local dataLife = tonumber(ARGV[5])
put(KEYS[4], dataLife)
put(KEYS[5], dataLife)
put(KEYS[6], dataLife)
put(KEYS[7], dataLife)
redis.call('SET', KEYS[2], ARGV[6], 'PX', ARGV[4])
redis.call('DEL', KEYS[3])
if ARGV[7] ~= '' and dataLife > 0 then redis.call('SET', KEYS[3], ARGV[7], 'PX', dataLife) end
if result == 1 then redis.call('PUBLISH', ARGV[8], ARGV[9]) end
return result`,
  },
  /**
   * KEYS as above. ARGV epoch, version, meta life, connection life, data life, last poll.
   * 0 = not here in this version or something expired: apply it whole; 1 = kept; 2 = a newer one is here.
   */
  stamTouchPanel: {
    numberOfKeys: 7,
    lua: `
local known = redis.call('HMGET', KEYS[1], 'epoch', 'version', 'parts')
if not known[1] then return 0 end
local epoch, version, knownEpoch, knownVersion = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(known[1]), tonumber(known[2])
if knownEpoch > epoch or (knownEpoch == epoch and knownVersion > version) then return 2 end
if knownEpoch ~= epoch or knownVersion ~= version then return 0 end
if redis.call('EXISTS', KEYS[2]) == 0 then return 0 end
if redis.call('EXISTS', KEYS[4], KEYS[5], KEYS[6], KEYS[7]) < tonumber(known[3]) then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
local dataLife = tonumber(ARGV[5])
if dataLife > 0 then
  redis.call('HSET', KEYS[1], 'last_contact_at', ARGV[6])
  redis.call('SET', KEYS[3], ARGV[6], 'PX', dataLife)
  for index = 4, 7 do redis.call('PEXPIRE', KEYS[index], dataLife) end
end
return 1`,
  },
  /** KEYS lease. ARGV worker, life. 1 = the worker's now. */
  stamAcquireLease: {
    numberOfKeys: 1,
    lua: `
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`,
  },
  stamRenewLease: {
    numberOfKeys: 1,
    lua: `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1`,
  },
  stamReleaseLease: {
    numberOfKeys: 1,
    lua: `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`,
  },
  /** KEYS buffer. ARGV size, then number and message in turns. */
  stamAppendReplay: {
    numberOfKeys: 1,
    lua: `
for index = 2, #ARGV, 2 do
  local number = ARGV[index]
  if redis.call('ZCOUNT', KEYS[1], number, number) == 0 then redis.call('ZADD', KEYS[1], number, ARGV[index + 1]) end
end
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -(tonumber(ARGV[1]) + 1))
return redis.call('ZCARD', KEYS[1])`,
  },
  /** KEYS counter. ARGV window. Gives the count and the rest of the window in ms. */
  stamHitLimit: {
    numberOfKeys: 1,
    lua: `
local count = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  left = tonumber(ARGV[1])
end
return {count, left}`,
  },
  /** KEYS set. ARGV member, life. The score is when it ends by Redis's clock. */
  stamBeat: {
    numberOfKeys: 1,
    lua: `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), ARGV[1])
return 1`,
  },
  /** KEYS set. Members that have not ended, each followed by the ms it has left. */
  stamAlive: {
    numberOfKeys: 1,
    lua: `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local found = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. now, '+inf', 'WITHSCORES')
for index = 2, #found, 2 do found[index] = tostring(tonumber(found[index]) - now) end
return found`,
  },
} as const

type Argument = string | number
/** The scripts as commands of the client. */
export type ScriptedRedis = Redis & {
  readonly [Name in keyof typeof scripts]: (...keysAndArguments: Argument[]) => Promise<unknown>
}
