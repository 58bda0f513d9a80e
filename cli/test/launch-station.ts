import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import pg from 'pg'
import { ROOT } from '../run-tool.ts'

export interface Ready {
  readonly ready: true
  readonly url: string
  readonly simulator: string | null
  readonly users: readonly { readonly email: string; readonly password: string; readonly role: string }[]
  readonly setup: { readonly code: string; readonly expiresAt: string } | null
}

export interface Launched {
  readonly ready: Ready
  readonly child: ChildProcess
  /** All that came out on standard output so far. */
  output(): string
  /** Sends the signal and waits for the end. @returns exit code and milliseconds */
  end(signal: NodeJS.Signals): Promise<{ code: number | null; ms: number }>
}

export interface Refused {
  readonly code: number | null
  readonly said: string
}

/** `./stam up --json …` as a process of its own; resolves when it says that it is ready, or how it refused. */
export async function launch(args: readonly string[]): Promise<Launched | Refused> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(ROOT, 'cli/stam.ts'), 'up', '--json', ...args],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const out: string[] = []
  const err: string[] = []
  const lines = createInterface({ input: child.stdout })
  child.stderr.on('data', (chunk: Buffer) => err.push(String(chunk)))
  const exited = once(child, 'close')
  const first = new Promise<Ready>((resolve) => {
    lines.on('line', (line) => {
      out.push(line)
      if (out.length === 1) resolve(JSON.parse(line) as Ready)
    })
  })
  const ready = await Promise.race([first, exited.then(() => null)])
  if (ready === null) return { code: child.exitCode, said: err.join('') }
  return {
    ready,
    child,
    output: () => out.join('\n'),
    async end(signal) {
      const startedAt = performance.now()
      child.kill(signal)
      await exited
      return { code: child.exitCode, ms: performance.now() - startedAt }
    },
  }
}

export async function launchOrFail(args: readonly string[]): Promise<Launched> {
  const station = await launch(args)
  if ('said' in station) throw new Error(`the station ended with ${station.code}:\n${station.said}`)
  return station
}

/** A look into the station's own database, past the station. */
export async function queryStation<Row extends object>(dataFolder: string, sql: string): Promise<Row[]> {
  const secrets = JSON.parse(readFileSync(join(dataFolder, 'secrets.json'), 'utf8')) as Record<string, string>
  const port = Number(readFileSync(join(dataFolder, 'postgres/postmaster.pid'), 'utf8').split('\n')[3])
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: 'postgres',
    password: secrets['database_owner_password'],
    application_name: 'test looks in',
  })
  await client.connect()
  try {
    return (await client.query<Row & pg.QueryResultRow>(sql)).rows
  } finally {
    await client.end()
  }
}
