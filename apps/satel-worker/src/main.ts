/** The SATEL worker as a process of its own (distributed profile). */
import { createRabbitBus, logBusEvents } from '@stam/bus'
import { createRedisLive, type RedisLiveOptions } from '@stam/live'
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
import { openDataKeys, openStore } from '@stam/store'
import { ProcessConfig } from './config.ts'
import { LeasedOwnership } from './ownership/leased-ownership.ts'
import { startSatelWorker } from './start-satel-worker.ts'

function redisOf(config: ProcessConfig): Pick<RedisLiveOptions, 'server' | 'password'> {
  const sentinels = config.redisSentinels.map((address) => {
    const [host = '', port = '26379'] = address.split(':')
    return { host, port: Number(port) }
  })
  return {
    server:
      sentinels.length > 0
        ? { sentinels, masterName: config.redisMasterName }
        : { host: config.redisHost, port: config.redisPort },
    ...(config.redisPassword ? { password: config.redisPassword } : {}),
  }
}

async function start({ config, log, clock, metrics, readiness }: AppContext<ProcessConfig>): Promise<Running> {
  if (!config.featureRealtimeEnabled) {
    return switchedOff({ log, readiness }, 'FEATURE_REALTIME_ENABLED', ['postgresql', 'rabbitmq', 'redis'])
  }
  const name = config.instanceId
  const store = await openStore({
    url: config.databaseUrl.reveal(),
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
  const live = createRedisLive({ ...redisOf(config), name })
  // Without PostgreSQL panels cannot be taken over; those that are go on, so it is no reason to be taken out.
  readiness.add({ name: 'postgresql', essential: true, check: () => store.ping() })
  readiness.add(statusCheck('rabbitmq', bus))
  readiness.add(statusCheck('redis', live))
  const keyring = config.encryptionKey && (await openDataKeys({ store, clock, log }, config.encryptionKey))
  const ownership = new LeasedOwnership({
    store,
    live,
    ownerId: name,
    clock,
    log,
    leaseMs: config.leaseMs,
    renewMs: config.leaseRenewMs,
    scanMs: config.leaseScanMs,
  })
  const deps = { store, bus, live, log, clock, metrics, ownership, ...(keyring ? { keyring } : {}) }
  const worker = await startSatelWorker(config, deps)
  return {
    async close() {
      await worker.close()
      await keyring?.close()
      await Promise.all([bus.close(), live.close()])
      await store.close()
    },
  }
}

await runApp({
  name: 'satel-worker',
  config: () => loadConfig(ProcessConfig, processSources()),
  describe: (config) => describeConfig(ProcessConfig, config),
  logLevel: (config) => config.logLevel,
  health: (config) => ({ port: config.healthPort, host: config.healthHost }),
  start,
})
