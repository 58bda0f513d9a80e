import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { simulatorUrl } from './config.ts'

const USAGE = `usage: stam simulate <command> [options]

  serve [--port 8094] [--demo true] [--bench N] [--state-dir DIR] [--latency real|zero|MS] [--mode NORMAL|FLAKY|TIMEOUT]
        [--host ADDR] [--panel-host ADDR] [--first-panel-port N] [--secrets FILE]   run the simulator in the foreground
  list                                    the panels and what they are doing
  show <panel>                            one panel with its zones
  do <panel> <action> [name=value ...]    e.g. do demo-shop violate zone=3
  scenario <file.json | ->                start a scenario and follow it to its end
  burst <count> <overMs> [panels] [violate|alarm]
  ledger [--since N] [--panel ID] [--limit N]
  summary                                 signals emitted, by class

options: --url URL of a running simulator (default STAM_SIMULATOR_URL or http://127.0.0.1:8094), --json
`
const POLL_MS = 200
const EXIT_FAILURE = 1
const EXIT_USAGE = 2

/** Where the words go; replaced in tests. */
export interface CliOutput {
  out(text: string): void
  err(text: string): void
}

const terminal: CliOutput = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
}

class UsageError extends Error {}

interface Call {
  readonly url: string
  readonly json: boolean
  readonly output: CliOutput
}

type Json = Record<string, unknown>

async function request(call: Call, method: string, path: string, body?: unknown): Promise<unknown> {
  let response: Response
  try {
    response = await fetch(new URL(path, `${call.url.replace(/\/+$/, '')}/`), {
      method,
      signal: AbortSignal.timeout(30_000),
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
  } catch (error) {
    throw new Error(`no simulator answers at ${call.url}; start one with "stam simulate serve"`, { cause: error })
  }
  const answer = (await response.json().catch(() => undefined)) as {
    error?: { code: string; message: string; details: Json }
  }
  if (response.ok) return answer
  const problem = answer?.error
  const issues = (problem?.details?.['issues'] ?? []) as { path: string; message: string }[]
  const detail = issues.map(({ path: at, message }) => `\n  ${at === '' ? '' : `${at}: `}${message}`).join('')
  throw new Error(problem === undefined ? `HTTP ${response.status}` : `${problem.code}: ${problem.message}${detail}`)
}

/** `zone=3 now=true` as an object: numbers, truth values, null and lists are recognised, the rest is text. */
export function parseFields(words: readonly string[]): Json {
  const fields: Json = {}
  for (const word of words) {
    const at = word.indexOf('=')
    if (at <= 0) throw new UsageError(`"${word}" should be name=value`)
    fields[word.slice(0, at)] = parseValue(word.slice(at + 1))
  }
  return fields
}

function parseValue(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true'
  if (text === 'null') return null
  if (/^-?[0-9]+(\.[0-9]+)?$/.test(text)) return Number(text)
  return text.includes(',') ? text.split(',').map(parseValue) : text
}

function show(call: Call, value: unknown, words: (value: never) => string): void {
  call.output.out(call.json ? `${JSON.stringify(value)}\n` : words(value as never))
}

interface Row {
  readonly id: string
  readonly name: string
  readonly model: string
  readonly host: string
  readonly port: number
  readonly encrypted: boolean
  readonly connected: boolean
  readonly armed: number[]
  readonly violated: number[]
  readonly alarm: number[]
  readonly fault: string
}

function rowText(row: Row): string {
  const marks = [
    row.connected ? 'connected' : 'free',
    row.encrypted ? 'encrypted' : '',
    row.armed.length > 0 ? `armed ${row.armed.join(',')}` : '',
    row.violated.length > 0 ? `violated ${row.violated.join(',')}` : '',
    row.alarm.length > 0 ? `ALARM ${row.alarm.join(',')}` : '',
    row.fault === 'none' ? '' : `fault ${row.fault}`,
  ].filter((mark) => mark !== '')
  return `${row.id}  ${row.model}  ${row.host}:${row.port}  ${marks.join(', ')}  ${row.name}\n`
}

interface Progress {
  readonly id: string
  readonly status: string
  readonly done: number
  readonly total: number
  readonly alarms: number
  readonly failed: number
  readonly errors: string[]
}

async function follow(call: Call, spec: unknown): Promise<number> {
  let progress = (await request(call, 'POST', 'scenarios', spec)) as Progress
  while (progress.status === 'running') {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    progress = (await request(call, 'GET', `scenarios/${progress.id}`)) as Progress
  }
  show(call, progress, ({ id, status, done, total, alarms, failed, errors }: Progress) => {
    const lines = errors.map((error) => `  ${error}\n`).join('')
    return `${id} ${status}: ${done} of ${total} actions, ${alarms} alarms, ${failed} failed\n${lines}`
  })
  return progress.status === 'done' && progress.failed === 0 ? 0 : EXIT_FAILURE
}

interface Line {
  readonly seq: number
  readonly at: string
  readonly panel: string
  readonly class: string
  readonly code: number
  readonly restore: boolean
  readonly partition: number | null
  readonly zone: number | null
  readonly token: string
}

function lineText(line: Line): string {
  const where = [
    line.partition === null ? '' : `partition ${line.partition}`,
    line.zone === null ? '' : `zone ${line.zone}`,
  ]
  const code = `${line.code}${line.restore ? 'R' : ''}`
  return `${line.seq}  ${line.at}  ${line.panel}  ${line.class}  ${code}  ${where.join(' ').trim()}  ${line.token}\n`
}

type Command = (call: Call, words: string[], values: Record<string, string | boolean | undefined>) => Promise<number>

function needed(words: readonly string[], index: number, what: string): string {
  const word = words[index]
  if (word === undefined) throw new UsageError(`${what} is missing`)
  return word
}

const COMMANDS: Readonly<Record<string, Command>> = {
  list: async (call) => {
    show(call, await request(call, 'GET', 'panels'), (rows: Row[]) => rows.map(rowText).join(''))
    return 0
  },
  show: async (call, words) => {
    const id = encodeURIComponent(needed(words, 0, 'the panel'))
    show(call, await request(call, 'GET', `panels/${id}`), (panel: Json) => `${JSON.stringify(panel, null, 2)}\n`)
    return 0
  },
  do: async (call, words) => {
    const id = encodeURIComponent(needed(words, 0, 'the panel'))
    const action = { action: needed(words, 1, 'the action'), ...parseFields(words.slice(2)) }
    const answer = await request(call, 'POST', `panels/${id}/do`, action)
    show(call, answer, ({ changed, signals, panel }: { changed: boolean; signals: number[]; panel: Row }) => {
      const told = signals.length === 0 ? '' : `, signals ${signals.join(', ')}`
      return `${changed ? 'done' : 'nothing changed'}${told}\n${rowText(panel)}`
    })
    return 0
  },
  scenario: async (call, words) => {
    const path = needed(words, 0, 'the scenario file')
    return follow(call, JSON.parse(readFileSync(path === '-' ? 0 : path, 'utf8')))
  },
  burst: async (call, words) => {
    const count = Number(needed(words, 0, 'the number of alarms'))
    const overMs = Number(needed(words, 1, 'the time in milliseconds'))
    return follow(call, { burst: { count, overMs, panels: words[2] ?? '*', action: words[3] ?? 'violate' } })
  },
  ledger: async (call, _words, values) => {
    const query = new URLSearchParams()
    for (const name of ['since', 'panel', 'limit']) {
      const value = values[name]
      if (typeof value === 'string') query.set(name, value)
    }
    const page = await request(call, 'GET', `ledger?${query.toString()}`)
    show(call, page, ({ entries }: { entries: Line[] }) => entries.map(lineText).join(''))
    return 0
  },
  summary: async (call) => {
    show(
      call,
      await request(call, 'GET', 'ledger/summary'),
      (summary: { total: number; classes: Record<string, number> }) => {
        const lines = Object.entries(summary.classes).map(([name, count]) => `  ${name} ${count}\n`)
        return `${summary.total} signals\n${lines.join('')}`
      },
    )
    return 0
  },
}

/**
 * `./stam simulate ...`.
 * @returns exit code: 0 done, 1 failed, 2 wrong usage
 */
export async function simulateCommand(argv: readonly string[], output: CliOutput = terminal): Promise<number> {
  const [name = '', ...rest] = argv
  if (name === 'serve') {
    // The process needs the whole server; a client does not, and starts faster without it.
    const { runSimulator } = await import('./main.ts')
    return runSimulator(rest)
  }
  const command = COMMANDS[name]
  if (command === undefined) {
    output.err(USAGE)
    return name === '' || name === 'help' || name === '--help' ? 0 : EXIT_USAGE
  }
  try {
    const { values, positionals } = parseArgs({
      args: rest,
      allowPositionals: true,
      options: {
        url: { type: 'string' },
        json: { type: 'boolean' },
        since: { type: 'string' },
        panel: { type: 'string' },
        limit: { type: 'string' },
      },
    })
    const call = { url: values.url ?? simulatorUrl(), json: values.json === true, output }
    return await command(call, positionals, values)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const misused = error instanceof UsageError || (error instanceof TypeError && 'code' in error)
    output.err(misused ? `${message}\n\n${USAGE}` : `${message}\n`)
    return misused ? EXIT_USAGE : EXIT_FAILURE
  }
}
