import { randomBytes } from 'node:crypto'
import { chownSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { installDebianPackages } from './debian-packages.ts'
import { freePorts } from './free-ports.ts'
import { type Account, privateFolder, ServerProcess, serverAccount } from './server-process.ts'

export interface RedisServerOptions {
  /** Append-only file, flushed every second, as in production (default). Off = a restart comes back empty. */
  readonly appendOnly?: boolean
  /** Follow this server (same password), for Sentinel. */
  readonly replicaOf?: RedisServer
}

/** A real redis-server on a random port of the loopback interface, with its own folder and password. */
export interface RedisServer {
  readonly host: '127.0.0.1'
  readonly port: number
  readonly password: string
  /** `redis://:password@host:port/0` */
  readonly url: string
  readonly pid: number | undefined
  /** Starts again on the same data and port after `stop` or `kill`. */
  start(): Promise<void>
  stop(): Promise<void>
  kill(): Promise<void>
  freeze(): void
  thaw(): void
  /** Ends it and removes its folder. */
  close(): Promise<void>
}

const START_TIMEOUT_MS = 20_000
const STOP_TIMEOUT_MS = 10_000

export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  installDebianPackages(['redis-server'])
  const { appendOnly = true, replicaOf } = options
  const account = serverAccount('redis', 'nobody')
  const [folder, removeFolder] = privateFolder('redis', account)
  const [port] = (await freePorts(1)) as [number]
  const password = replicaOf?.password ?? randomBytes(18).toString('hex')
  const config = writeConfig(folder, account, [
    `bind 127.0.0.1`,
    `port ${port}`,
    `dir ${folder}`,
    `requirepass ${password}`,
    `masterauth ${password}`,
    `appendonly ${appendOnly ? 'yes' : 'no'}`,
    `appendfsync everysec`,
    `save ""`,
    `maxmemory-policy noeviction`,
    ...(replicaOf ? [`replicaof 127.0.0.1 ${replicaOf.port}`] : []),
  ])
  const server = redisProcess('redis', [config], folder, account, port, password)
  await startOrRemove(server, removeFolder)
  return {
    host: '127.0.0.1',
    port,
    password,
    url: `redis://:${password}@127.0.0.1:${port}/0`,
    get pid() {
      return server.pid
    },
    start: () => server.start(),
    stop: () => server.stop(),
    kill: () => server.kill(),
    freeze: () => server.freeze(),
    thaw: () => server.thaw(),
    async close() {
      await server.kill()
      removeFolder()
    },
  }
}

export interface RedisSentinels {
  /** Name under which the sentinels know the master. */
  readonly masterName: string
  readonly addresses: readonly { readonly host: string; readonly port: number }[]
  close(): Promise<void>
}

/** Three sentinels (quorum 2) watching a master; `downAfterMs` is how long it must be silent to count as gone. */
export async function startRedisSentinels(
  master: RedisServer,
  options: { downAfterMs?: number } = {},
): Promise<RedisSentinels> {
  const { downAfterMs = 1_000 } = options
  const masterName = 'stam'
  const account = serverAccount('redis', 'nobody')
  const ports = await freePorts(3)
  const running: { server: ServerProcess; removeFolder: () => void }[] = []
  const close = async () => {
    for (const { server, removeFolder } of running) {
      await server.kill()
      removeFolder()
    }
  }
  for (const port of ports) {
    const [folder, removeFolder] = privateFolder('sentinel', account)
    const config = writeConfig(folder, account, [
      `bind 127.0.0.1`,
      `port ${port}`,
      `dir ${folder}`,
      `sentinel monitor ${masterName} 127.0.0.1 ${master.port} 2`,
      `sentinel auth-pass ${masterName} ${master.password}`,
      `sentinel down-after-milliseconds ${masterName} ${downAfterMs}`,
      `sentinel failover-timeout ${masterName} 5000`,
      `sentinel parallel-syncs ${masterName} 1`,
    ])
    const server = redisProcess('redis-sentinel', [config, '--sentinel'], folder, account, port, null)
    running.push({ server, removeFolder })
    await server.start().catch(async (error: unknown) => {
      await close()
      throw error
    })
  }
  return { masterName, addresses: ports.map((port) => ({ host: '127.0.0.1', port })), close }
}

function redisProcess(
  name: string,
  args: readonly string[],
  folder: string,
  account: Account | null,
  port: number,
  password: string | null,
): ServerProcess {
  return new ServerProcess({
    name,
    command: 'redis-server',
    args,
    account,
    logFile: join(folder, `${name}.log`),
    isUp: () => answersPing(port, password),
    startTimeoutMs: START_TIMEOUT_MS,
    stopTimeoutMs: STOP_TIMEOUT_MS,
  })
}

function writeConfig(folder: string, account: Account | null, lines: readonly string[]): string {
  const path = join(folder, 'redis.conf')
  writeFileSync(path, `${lines.join('\n')}\n`, { mode: 0o600 })
  if (account) chownSync(path, account.uid, account.gid)
  return path
}

async function startOrRemove(server: ServerProcess, removeFolder: () => void): Promise<void> {
  try {
    await server.start()
  } catch (error) {
    removeFolder()
    throw error
  }
}

/** True once PING is answered, so neither while it binds nor while it loads its data. */
function answersPing(port: number, password: string | null): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    const done = (up: boolean) => {
      socket.destroy()
      resolve(up)
    }
    let answer = ''
    socket.setTimeout(1_000, () => done(false))
    socket.on('error', () => done(false))
    socket.on('close', () => done(false))
    socket.on('connect', () => socket.write(password ? `AUTH ${password}\r\nPING\r\n` : 'PING\r\n'))
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
      if (answer.includes('+PONG')) done(true)
      else if (answer.includes('LOADING')) done(false)
    })
  })
}
