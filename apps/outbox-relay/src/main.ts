/** The relay as a process of its own (distributed profile). */
import { createRabbitBus, logBusEvents } from '@stam/bus'
import { createRedisLive, type Live } from '@stam/live'
import {
  type AppContext,
  describeConfig,
  loadConfig,
  processSources,
  type Running,
  runApp,
  statusCheck,
  switchedOff,
} from '@stam/runtime'
import { openStore } from '@stam/store'
import { ProcessConfig } from './config.ts'
import { startOutboxRelay } from './start-outbox-relay.ts'
import { watchSchema } from './watch-schema.ts'

function connectLive({ instanceId, redisHosts, redisMasterName, redisPassword }: ProcessConfig): Live | undefined {
  const servers = redisHosts.map((address) => {
    const [host, port] = address.split(':') as [string, string]
    return { host, port: Number(port) }
  })
  const [first] = servers
  if (!first) return undefined
  return createRedisLive({
    server: redisMasterName ? { sentinels: servers, masterName: redisMasterName } : first,
    ...(redisPassword ? { password: redisPassword } : {}),
    name: instanceId,
  })
}

async function start({ config, log, clock, metrics, readiness, stop }: AppContext<ProcessConfig>): Promise<Running> {
  if (!config.featureRealtimeEnabled) {
    return switchedOff({ log, readiness }, 'FEATURE_REALTIME_ENABLED', ['postgresql', 'rabbitmq', 'redis'])
  }
  const name = config.instanceId
  const store = await openStore({
    url: config.databaseUrl.reveal(),
    ...(config.databaseDirectUrl ? { directUrl: config.databaseDirectUrl.reveal() } : {}),
    poolSize: config.databasePoolSize,
    applicationName: name,
    log,
    clock,
  })
  const bus = createRabbitBus({
    hosts: config.rabbitmqHosts,
    vhost: config.rabbitmqVhost,
    username: config.rabbitmqUsername,
    password: config.rabbitmqPassword,
    queueType: config.rabbitmqQueueType,
    name,
    onEvent: logBusEvents(log),
  })
  const live = connectLive(config)
  readiness.add({ name: 'postgresql', essential: true, check: () => store.ping() })
  readiness.add(statusCheck('rabbitmq', bus))
  if (live) readiness.add(statusCheck('redis', live))
  const relay = await startOutboxRelay(config, { store, bus, log, clock, metrics, ...(live ? { live } : {}) })
  const endWatch = watchSchema(store, clock, stop)
  return {
    async close() {
      endWatch()
      await relay.close()
      await Promise.all([bus.close(), live?.close()])
      await store.close()
    },
  }
}

await runApp({
  name: 'outbox-relay',
  config: () => loadConfig(ProcessConfig, processSources()),
  describe: (config) => describeConfig(ProcessConfig, config),
  logLevel: (config) => config.logLevel,
  health: (config) => ({ port: config.healthPort, host: config.healthHost }),
  start,
})
