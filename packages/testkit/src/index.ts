export { type BlackHole, openBlackHole } from './black-hole.ts'
export { type DebianPackagesOptions, installDebianPackages } from './debian-packages.ts'
export { type EventuallyOptions, eventually } from './eventually.ts'
export { type FakeClock, fakeClock } from './fake-clock.ts'
export { type FaultMode, type FaultProxy, type FaultProxyOptions, faultProxy } from './fault-proxy.ts'
export { freePorts } from './free-ports.ts'
export { type PgBouncer, startPgBouncer } from './pgbouncer.ts'
export {
  type RabbitCluster,
  type RabbitServer,
  type RabbitServerOptions,
  startRabbit,
  startRabbitCluster,
} from './rabbitmq.ts'
export {
  type RedisSentinels,
  type RedisServer,
  type RedisServerOptions,
  startRedis,
  startRedisSentinels,
} from './redis.ts'
export { type TestDatabase, type TestDatabaseOptions, testDatabase } from './test-database.ts'
export { type DatabasesOfRun, serveTestDatabases, type TemplateBuilder } from './test-databases.ts'
