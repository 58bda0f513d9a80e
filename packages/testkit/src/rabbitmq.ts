import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chownSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { installDebianPackages } from './debian-packages.ts'
import { type Account, freePorts, privateFolder, ServerProcess, serverAccount } from './server-process.ts'

/** A real RabbitMQ node on random ports of the loopback interface, with its own name, folders, cookie and account. */
export interface RabbitServer {
  readonly host: '127.0.0.1'
  readonly port: number
  readonly username: string
  readonly password: string
  /** `amqp://username:password@host:port/` */
  readonly url: string
  readonly pid: number | undefined
  /** Starts again on the same data and ports after `stop` or `kill`. */
  start(): Promise<void>
  stop(): Promise<void>
  kill(): Promise<void>
  freeze(): void
  thaw(): void
  /** Runs `rabbitmqctl` against this node, e.g. `control('set_vm_memory_high_watermark', 'absolute', '1MB')`. */
  control(...args: string[]): Promise<string>
  /** Ends it and removes its folder. */
  close(): Promise<void>
}

export interface RabbitServerOptions {
  /** Further lines for rabbitmq.conf, e.g. a memory watermark that blocks publishers. */
  readonly config?: readonly string[]
}

const SERVER_LIBRARY = '/usr/lib/rabbitmq/lib'
const START_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 30_000
const CONTROL_TIMEOUT_MS = 30_000

export async function startRabbit(options: RabbitServerOptions = {}): Promise<RabbitServer> {
  installDebianPackages(['rabbitmq-server'])
  const account = serverAccount('rabbitmq')
  const [folder, removeFolder] = privateFolder('rabbitmq', account)
  const [port, distributionPort, epmdPort] = (await freePorts(3)) as [number, number, number]
  const username = 'stam'
  const password = randomBytes(18).toString('hex')
  writeFiles(folder, account, {
    'rabbitmq.conf': [
      `listeners.tcp.1 = 127.0.0.1:${port}`,
      `default_user = ${username}`,
      `default_pass = ${password}`,
      `disk_free_limit.absolute = 64MB`,
      `log.file = false`,
      `log.console = true`,
      `log.console.level = warning`,
      ...(options.config ?? []),
    ].join('\n'),
    enabled_plugins: '[].',
    'rabbitmq-env.conf': '',
  })
  const logFile = join(folder, 'rabbitmq.log')
  const common = { account, logFile, stopTimeoutMs: STOP_TIMEOUT_MS, startTimeoutMs: START_TIMEOUT_MS }
  // Node names are resolved by a daemon of Erlang's, which a node starts by itself and leaves behind: ours goes with us.
  const epmd = new ServerProcess({
    ...common,
    name: 'epmd',
    command: 'epmd',
    args: ['-port', `${epmdPort}`, '-address', '127.0.0.1'],
    isUp: () => accepts(epmdPort),
  })
  const env = environment(folder, distributionPort, epmdPort)
  const server = new ServerProcess({
    ...common,
    name: 'rabbitmq',
    command: join(serverFolder(), 'sbin', 'rabbitmq-server'),
    args: [],
    env,
    isUp: () => speaksAmqp(port),
  })
  const close = async () => {
    await server.kill()
    await epmd.kill()
    removeFolder()
  }
  try {
    await epmd.start()
    await server.start()
  } catch (error) {
    await close()
    throw error
  }
  return {
    host: '127.0.0.1',
    port,
    username,
    password,
    url: `amqp://${username}:${password}@127.0.0.1:${port}/`,
    get pid() {
      return server.pid
    },
    start: () => server.start(),
    stop: () => server.stop(),
    kill: () => server.kill(),
    freeze: () => server.freeze(),
    thaw: () => server.thaw(),
    control: async (...args) => {
      const { stdout } = await promisify(execFile)(join(serverFolder(), 'sbin', 'rabbitmqctl'), args, {
        cwd: '/',
        env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8', ...env },
        timeout: CONTROL_TIMEOUT_MS,
        ...(account ? { uid: account.uid, gid: account.gid } : {}),
      })
      return stdout
    },
    close,
  }
}

function environment(folder: string, distributionPort: number, epmdPort: number): Record<string, string> {
  return {
    HOME: folder,
    ERL_EPMD_PORT: `${epmdPort}`,
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: `stam-${randomBytes(4).toString('hex')}@localhost`,
    RABBITMQ_DIST_PORT: `${distributionPort}`,
    RABBITMQ_CONF_ENV_FILE: join(folder, 'rabbitmq-env.conf'),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
    RABBITMQ_MNESIA_BASE: join(folder, 'mnesia'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_PID_FILE: join(folder, 'rabbitmq.pid'),
    // As under systemd: the start script then becomes the node instead of minding it, so our pid is the node's.
    RABBITMQ_ALLOW_INPUT: '1',
    // Loopback only, no shell, and schedulers that sleep when idle: the machine is shared with what is being tested.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
      '-noinput -kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none',
  }
}

function serverFolder(): string {
  const versions = readdirSync(SERVER_LIBRARY).filter((name) => name.startsWith('rabbitmq_server-'))
  const newest = versions.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1)
  if (!newest) throw new Error(`no RabbitMQ server found in ${SERVER_LIBRARY}`)
  return join(SERVER_LIBRARY, newest)
}

function writeFiles(folder: string, account: Account | null, files: Record<string, string>): void {
  mkdirSync(join(folder, 'log'))
  if (account) chownSync(join(folder, 'log'), account.uid, account.gid)
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), `${text}\n`, { mode: 0o600 })
    if (account) chownSync(join(folder, name), account.uid, account.gid)
  }
}

/** True once the node answers the protocol header with its Connection.Start (AMQP 0-9-1, 4.2.2). */
function speaksAmqp(port: number): Promise<boolean> {
  return answers(port, Buffer.from('AMQP\x00\x00\x09\x01', 'latin1'))
}

function accepts(port: number): Promise<boolean> {
  return answers(port, null)
}

function answers(port: number, greeting: Buffer | null): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    const done = (up: boolean) => {
      socket.destroy()
      resolve(up)
    }
    socket.setTimeout(1_000, () => done(false))
    socket.on('error', () => done(false))
    socket.on('close', () => done(false))
    socket.on('connect', () => {
      if (greeting) socket.write(greeting)
      else done(true)
    })
    socket.on('data', (chunk) => done(chunk[0] === 1))
  })
}
