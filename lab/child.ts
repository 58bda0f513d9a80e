/** One process of the stack: started with its own settings, ended, killed, frozen and started again under the same name and port. */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { hostPath } from './config.ts'

export interface ChildOptions {
  readonly name: string
  /** TypeScript entry, run as it is. */
  readonly entry: string
  readonly env: Readonly<Record<string, string>>
  readonly folder: string
  /** Answers 200 when the process is ready. */
  readonly readyUrl: string
  readonly readyWithinMs?: number
}

const READY_WITHIN_MS = 30_000

/** Whatever ends the laboratory, short of a kill -9, takes its processes along. */
const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

export class Child {
  readonly name: string
  readonly #options: ChildOptions
  #process: ChildProcess | undefined
  #exited: Promise<void> = Promise.resolve()

  constructor(options: ChildOptions) {
    this.name = options.name
    this.#options = options
  }

  get pid(): number | undefined {
    return this.isRunning ? this.#process?.pid : undefined
  }

  get isRunning(): boolean {
    return this.#process !== undefined && this.#process.exitCode === null && this.#process.signalCode === null
  }

  /** What its last run ended with; null while it runs, or when a signal ended it. */
  get exitCode(): number | null {
    return this.#process?.exitCode ?? null
  }

  get readyUrl(): string {
    return this.#options.readyUrl
  }

  /** Resolves when it is ready; rejects when it ends before. */
  async start(): Promise<void> {
    const { name, entry, env, folder, readyUrl, readyWithinMs = READY_WITHIN_MS } = this.#options
    // Straight into the file, as under a supervisor: what it wrote last is there when it has ended, and no line goes through this process.
    const log = openSync(join(folder, `${name}.log`), 'a', 0o600)
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', entry], {
      cwd: folder,
      env: { PATH: hostPath, TZ: 'UTC', ...env },
      stdio: ['ignore', log, log],
    })
    closeSync(log)
    this.#process = child
    running.add(child)
    child.once('exit', () => running.delete(child))
    this.#exited = new Promise((resolve) => child.once('close', () => resolve()))
    const deadline = performance.now() + readyWithinMs
    while (performance.now() < deadline) {
      if (!this.isRunning)
        throw new Error(`${name} ended with ${child.exitCode ?? child.signalCode} before it was ready; see ${name}.log`)
      if (await answers(readyUrl)) return
      await pause(50)
    }
    throw new Error(`${name} was not ready within ${readyWithinMs} ms; see ${name}.log`)
  }

  isReady(): Promise<boolean> {
    return answers(this.#options.readyUrl)
  }

  /** SIGTERM by default; resolves when the process has ended. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.isRunning) this.#process?.kill(signal)
    await this.#exited
  }

  kill(): Promise<void> {
    return this.end('SIGKILL')
  }

  freeze(): void {
    this.#process?.kill('SIGSTOP')
  }

  thaw(): void {
    this.#process?.kill('SIGCONT')
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) })
    await answer.arrayBuffer()
    return answer.ok
  } catch {
    return false
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Polls until the condition gives something truthy; undefined at the deadline, for the caller to judge. */
export async function until<T>(
  condition: () => Promise<T> | T,
  deadlineMs: number,
  everyMs = 100,
): Promise<T | undefined> {
  const deadline = performance.now() + deadlineMs
  for (;;) {
    const value = await Promise.resolve()
      .then(condition)
      .catch(() => undefined)
    if (value) return value
    if (performance.now() >= deadline) return undefined
    await pause(everyMs)
  }
}
