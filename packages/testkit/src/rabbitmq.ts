import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chownSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { installDebianPackages } from './debian-packages.ts'
import { freePorts } from './free-ports.ts'
import { type Account, privateFolder, ServerProcess, serverAccount } from './server-process.ts'

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

/** One node on its own. */
export async function startRabbit(options: RabbitServerOptions = {}): Promise<RabbitServer> {
  const { nodes, names } = await startNodes(1, options)
  const [node] = nodes as [RabbitNode]
  node.alsoClose = () => names.close()
  return node
}

export interface RabbitCluster {
  readonly nodes: readonly RabbitServer[]
  close(): Promise<void>
}

/** Nodes that share users, topology and quorum queues. Each can be killed, frozen and started again on its own. */
export async function startRabbitCluster(count: number, options: RabbitServerOptions = {}): Promise<RabbitCluster> {
  const { nodes, names } = await startNodes(count, options)
  return { nodes, close: () => closeAll(nodes, names) }
}

async function startNodes(
  count: number,
  options: RabbitServerOptions,
): Promise<{ nodes: RabbitNode[]; names: NameServer }> {
  installDebianPackages(['rabbitmq-server'])
  const account = serverAccount('rabbitmq')
  const names = await startNameServer(account)
  const secret = () => randomBytes(18).toString('hex')
  const shared = { account, epmdPort: names.port, cookie: secret(), password: secret() }
  const nodes: RabbitNode[] = []
  try {
    // One after the other: nodes that join at the same time may miss each other.
    for (let index = 0; index < count; index++) {
      const node = await RabbitNode.prepare(shared, options)
      nodes.push(node)
      await node.start()
      if (index > 0) await node.join(nodes[0] as RabbitNode)
    }
    return { nodes, names }
  } catch (error) {
    await closeAll(nodes, names)
    throw error
  }
}

async function closeAll(nodes: readonly RabbitNode[], names: NameServer): Promise<void> {
  for (const node of nodes) await node.close()
  await names.close()
}

interface NameServer {
  readonly port: number
  close(): Promise<void>
}

/** Erlang's daemon that resolves node names. A node would start one by itself and leave it behind: ours goes with us. */
async function startNameServer(account: Account | null): Promise<NameServer> {
  const [port] = (await freePorts(1)) as [number]
  const [folder, removeFolder] = privateFolder('epmd', account)
  const epmd = new ServerProcess({
    name: 'epmd',
    command: 'epmd',
    args: ['-port', `${port}`, '-address', '127.0.0.1'],
    account,
    logFile: join(folder, 'epmd.log'),
    isUp: () => answers(port, null),
    startTimeoutMs: START_TIMEOUT_MS,
    stopTimeoutMs: STOP_TIMEOUT_MS,
  })
  const close = async () => {
    await epmd.kill()
    removeFolder()
  }
  await epmd.start().catch(async (error: unknown) => {
    await close()
    throw error
  })
  return { port, close }
}

interface Shared {
  readonly account: Account | null
  readonly epmdPort: number
  readonly cookie: string
  readonly password: string
}

class RabbitNode implements RabbitServer {
  readonly host = '127.0.0.1'
  readonly username = 'stam'
  readonly port: number
  readonly password: string
  readonly #name: string
  readonly #account: Account | null
  readonly #env: Record<string, string>
  readonly #server: ServerProcess
  readonly #removeFolder: () => void
  /** What a node on its own takes with it. */
  alsoClose: () => Promise<void> = async () => {}

  static async prepare(shared: Shared, options: RabbitServerOptions): Promise<RabbitNode> {
    const [folder, removeFolder] = privateFolder('rabbitmq', shared.account)
    const [port, distributionPort] = (await freePorts(2)) as [number, number]
    return new RabbitNode(shared, options, { folder, removeFolder, port, distributionPort })
  }

  private constructor(
    shared: Shared,
    options: RabbitServerOptions,
    own: { folder: string; removeFolder: () => void; port: number; distributionPort: number },
  ) {
    this.port = own.port
    this.password = shared.password
    this.#name = `stam-${randomBytes(4).toString('hex')}@localhost`
    this.#account = shared.account
    this.#removeFolder = own.removeFolder
    this.#env = environment(own.folder, this.#name, own.distributionPort, shared.epmdPort)
    writeFiles(own.folder, shared.account, {
      'rabbitmq.conf': [
        `listeners.tcp.1 = 127.0.0.1:${own.port}`,
        `default_user = ${this.username}`,
        `default_pass = ${shared.password}`,
        `disk_free_limit.absolute = 64MB`,
        `log.file = false`,
        `log.console = true`,
        `log.console.level = warning`,
        ...(options.config ?? []),
      ].join('\n'),
      enabled_plugins: '[].',
      'rabbitmq-env.conf': '',
      '.erlang.cookie': shared.cookie,
    })
    this.#server = new ServerProcess({
      name: 'rabbitmq',
      command: join(serverFolder(), 'sbin', 'rabbitmq-server'),
      args: [],
      env: this.#env,
      account: shared.account,
      logFile: join(own.folder, 'rabbitmq.log'),
      isUp: () => speaksAmqp(own.port),
      startTimeoutMs: START_TIMEOUT_MS,
      stopTimeoutMs: STOP_TIMEOUT_MS,
    })
  }

  get url(): string {
    return `amqp://${this.username}:${this.password}@${this.host}:${this.port}/`
  }

  get pid(): number | undefined {
    return this.#server.pid
  }

  start(): Promise<void> {
    return this.#server.start()
  }

  stop(): Promise<void> {
    return this.#server.stop()
  }

  kill(): Promise<void> {
    return this.#server.kill()
  }

  freeze(): void {
    this.#server.freeze()
  }

  thaw(): void {
    this.#server.thaw()
  }

  async control(...args: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(join(serverFolder(), 'sbin', 'rabbitmqctl'), args, {
      cwd: '/',
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8', ...this.#env },
      timeout: CONTROL_TIMEOUT_MS,
      ...(this.#account ? { uid: this.#account.uid, gid: this.#account.gid } : {}),
    })
    return stdout
  }

  async join(other: RabbitNode): Promise<void> {
    await this.control('stop_app')
    await this.control('join_cluster', other.#name)
    await this.control('start_app')
  }

  async close(): Promise<void> {
    await this.#server.kill()
    this.#removeFolder()
    await this.alsoClose()
  }
}

function environment(folder: string, name: string, distributionPort: number, epmdPort: number): Record<string, string> {
  return {
    HOME: folder,
    ERL_EPMD_PORT: `${epmdPort}`,
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: name,
    RABBITMQ_DIST_PORT: `${distributionPort}`,
    RABBITMQ_CONF_ENV_FILE: join(folder, 'rabbitmq-env.conf'),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
    RABBITMQ_MNESIA_BASE: join(folder, 'mnesia'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_PID_FILE: join(folder, 'rabbitmq.pid'),
    // As under systemd: the start script then becomes the node instead of minding it, so our pid is the node's.
    RABBITMQ_ALLOW_INPUT: '1',
    // Loopback only, no shell, a frozen neighbour noticed within 10 s, and schedulers that sleep when idle: the machine is
    // shared with what is being tested.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
      '-noinput -kernel inet_dist_use_interface {127,0,0,1} -kernel net_ticktime 10 +sbwt none +sbwtdcpu none +sbwtdio none',
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
    writeFileSync(join(folder, name), name === '.erlang.cookie' ? text : `${text}\n`, { mode: 0o600 })
    if (account) chownSync(join(folder, name), account.uid, account.gid)
  }
}

/** True once the node answers the protocol header with its Connection.Start (AMQP 0-9-1, 4.2.2). */
function speaksAmqp(port: number): Promise<boolean> {
  return answers(port, Buffer.from('AMQP\x00\x00\x09\x01', 'latin1'))
}

/** True when the port is open and, given a greeting, the first byte of the answer is a method frame. */
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
