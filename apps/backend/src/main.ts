/** The backend as a process of its own (distributed profile). */
import { type Bus, createMemoryBus, createRabbitBus, logBusEvents } from '@stam/bus'
import { createMemoryLive, createRedisLive, type Live, type RedisLiveOptions } from '@stam/live'
import {
  type AppContext,
  describeConfig,
  type Log,
  loadConfig,
  processSources,
  type Running,
  runApp,
} from '@stam/runtime'
import { openStore } from '@stam/store'
import { ProcessConfig } from './config.ts'
import type { CodePrinter } from './identity/first-start.ts'
import { startBackend } from './start-backend.ts'
import { watchSchema } from './system/watch-schema.ts'

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

/** Without realtime both are closed doors, in state `off`: everything behind them is done by PostgreSQL. */
async function openDoors(config: ProcessConfig, log: Log): Promise<{ bus: Bus; live: Live }> {
  const name = config.instanceId
  if (!config.featureRealtimeEnabled || !config.rabbitmqPassword) {
    const closed = { bus: createMemoryBus(), live: createMemoryLive() }
    await Promise.all([closed.bus.close(), closed.live.close()])
    return closed
  }
  const bus = createRabbitBus({
    hosts: config.rabbitmqHosts,
    vhost: config.rabbitmqVhost,
    username: config.rabbitmqUsername,
    password: config.rabbitmqPassword,
    queueType: config.rabbitmqQueueType,
    name,
    onEvent: logBusEvents(log),
  })
  return { bus, live: createRedisLive({ ...redisOf(config), name }) }
}

async function start({ config, log, clock, metrics, readiness, stop }: AppContext<ProcessConfig>): Promise<Running> {
  const name = config.instanceId
  const store = await openStore({
    url: config.databaseUrl.reveal(),
    ...(config.databaseDirectUrl ? { directUrl: config.databaseDirectUrl.reveal() } : {}),
    poolSize: config.databasePoolSize,
    applicationName: name,
    log,
    clock,
  })
  const { bus, live } = await openDoors(config, log)
  const printSetupCode: CodePrinter = (printed) => {
    if ('printedBy' in printed) return log.warn('setup_waits', { printed_by: printed.printedBy })
    // Past the logger, which would mask it: whoever may read this may make the first MASTER (spec 06 "First start").
    const { code, expiresAt } = printed
    process.stderr.write(`First start: open the console and enter the setup code ${code} (good until ${expiresAt}).\n`)
  }
  const backend = await startBackend(config, {
    store,
    bus,
    live,
    log,
    clock,
    metrics,
    readiness,
    ...(config.demo ? {} : { printSetupCode }),
  })
  const endWatch = watchSchema(store, clock, stop)
  return {
    async close() {
      endWatch()
      await backend.close()
      await Promise.all([bus.close(), live.close()])
      await store.close()
    },
  }
}

await runApp({
  name: 'backend',
  config: () => loadConfig(ProcessConfig, processSources()),
  describe: (config) => describeConfig(ProcessConfig, config),
  logLevel: (config) => config.logLevel,
  health: (config) => ({ port: config.healthPort, host: config.healthHost }),
  start,
})
