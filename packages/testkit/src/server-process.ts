import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chownSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Who a server runs as: servers such as RabbitMQ refuse root. */
export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

export interface ServerProcessOptions {
  /** Short name for messages, e.g. `redis`. */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Null = as the account that runs the tests. */
  readonly account: Account | null
  readonly logFile: string
  /** Asked again and again until it says true; the server counts as up from then on. */
  readonly isUp: () => Promise<boolean>
  readonly startTimeoutMs: number
  readonly stopTimeoutMs: number
}

/**
 * A server under test: start, stop politely, kill, freeze, thaw, start again. The kernel kills it when the process that
 * started it dies (parent-death signal), so a crashed test run leaves nothing behind.
 */
export class ServerProcess {
  readonly #options: ServerProcessOptions
  #child: ChildProcess | undefined
  #exited: Promise<void> = Promise.resolve()

  constructor(options: ServerProcessOptions) {
    this.#options = options
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  get running(): boolean {
    return this.#child !== undefined
  }

  /** Resolves once the server answers; rejects with the end of its log when it died or took too long. */
  async start(): Promise<void> {
    const { name, command, args, account, env = {} } = this.#options
    if (this.#child) throw new Error(`${name} is running already`)
    const log = openSync(this.#options.logFile, 'a')
    const asAccount = account ? ['--reuid', `${account.uid}`, '--regid', `${account.gid}`, '--clear-groups'] : []
    const child = spawn('setpriv', [...asAccount, '--pdeathsig', 'KILL', '--', command, ...args], {
      cwd: '/',
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8', ...env },
      stdio: ['ignore', log, log],
    })
    closeSync(log)
    this.#child = child
    this.#exited = new Promise((resolve) => {
      const gone = () => {
        if (this.#child === child) this.#child = undefined
        resolve()
      }
      child.once('exit', gone)
      child.once('error', gone)
    })
    await this.#waitUntilUp()
  }

  /** SIGTERM, then SIGKILL when the server takes longer than its limit. A frozen server is thawed first. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child
    if (!child) return
    child.kill('SIGCONT')
    child.kill(signal)
    const timer = setTimeout(() => child.kill('SIGKILL'), this.#options.stopTimeoutMs)
    await this.#exited
    clearTimeout(timer)
  }

  /** SIGKILL: no goodbye, no flush. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL')
    await this.#exited
  }

  /** SIGSTOP: connections stay open and nobody answers. */
  freeze(): void {
    this.#child?.kill('SIGSTOP')
  }

  thaw(): void {
    this.#child?.kill('SIGCONT')
  }

  async #waitUntilUp(): Promise<void> {
    const { name, startTimeoutMs, isUp } = this.#options
    const deadline = performance.now() + startTimeoutMs
    for (;;) {
      if (!this.#child) throw new Error(`${name} ended while starting:\n${this.#logTail()}`)
      if (await isUp()) return
      if (performance.now() > deadline) {
        await this.kill()
        throw new Error(`${name} was not up within ${startTimeoutMs} ms:\n${this.#logTail()}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  #logTail(): string {
    return readFileSync(this.#options.logFile, 'utf8').slice(-3000)
  }
}

/** The first of these accounts that exists, for a test run as root; null when the tests run as somebody else. */
export function serverAccount(...names: string[]): Account | null {
  if (process.getuid?.() !== 0) return null
  for (const name of names) {
    const [, , uid, gid] = spawnSync('getent', ['passwd', name], { encoding: 'utf8' }).stdout.split(':')
    if (uid && gid) return { name, uid: Number(uid), gid: Number(gid) }
  }
  throw new Error(`none of these accounts exists to run a server as: ${names.join(', ')}`)
}

/** A private folder under the system's temporary one, owned by the account; the second value removes it. */
export function privateFolder(prefix: string, account: Account | null): [path: string, remove: () => void] {
  const path = mkdtempSync(join(tmpdir(), `stam-${prefix}-`))
  if (account) chownSync(path, account.uid, account.gid)
  return [path, () => rmSync(path, { recursive: true, force: true })]
}
