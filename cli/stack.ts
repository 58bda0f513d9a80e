/** `./stam stack up|down|status`: the distributed profile as native processes, for development and for looking around. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describeStack, startStack, writeStackFile } from '../lab/stack.ts'
import { ROOT } from './run-tool.ts'

const EXIT_USAGE = 2
const USAGE =
  'usage: ./stam stack up [--data FOLDER] [--panels N] [--scale backend=2 relay=2 worker=2] [--nginx] | down | status [--data FOLDER]\n'
const PARTS = ['backend', 'relay', 'worker'] as const

interface StackFile {
  readonly pid: number
  readonly backends: readonly string[]
  readonly simulator: string
  readonly processes: Readonly<Record<string, { readonly pid: number; readonly ready: string }>>
}

export async function run(argv: readonly string[]): Promise<number> {
  const [verb, ...rest] = argv
  const data = resolve(valueOf(rest, '--data') ?? join(ROOT, '.stam', 'stack'))
  const file = join(data, 'stack.json')
  if (verb === 'up') return up(rest, data, file)
  if (verb === 'down') return down(file)
  if (verb === 'status') return status(file)
  process.stderr.write(USAGE)
  return EXIT_USAGE
}

async function up(argv: readonly string[], data: string, file: string): Promise<number> {
  const scale = parseScale(argv)
  const panels = Number(valueOf(argv, '--panels') ?? '20')
  if (scale === undefined || !Number.isInteger(panels) || panels < 1 || panels > 2_000) {
    process.stderr.write(USAGE)
    return EXIT_USAGE
  }
  if (runningPid(file) !== undefined) {
    process.stderr.write(`stam stack: a stack is running on ${data} already; "./stam stack down" stops it\n`)
    return 1
  }
  // The stack makes its own secrets at every start, so its data does not outlive it.
  rmSync(data, { recursive: true, force: true })
  mkdirSync(data, { recursive: true })
  const stack = await startStack({
    folder: data,
    panels,
    scale,
    nginx: argv.includes('--nginx'),
    say: (line) => void process.stderr.write(`${line}\n`),
  })
  writeStackFile(stack, file)
  process.stdout.write(`${JSON.stringify(describeStack(stack), null, 2)}\n`)
  process.stdout.write(`logins and DATABASE_URL are in ${file}; Ctrl-C or "./stam stack down" stops everything\n`)
  await new Promise<void>((stop) => {
    process.once('SIGINT', () => stop())
    process.once('SIGTERM', () => stop())
  })
  rmSync(file, { force: true })
  await stack.close()
  return 0
}

function down(file: string): number {
  const pid = runningPid(file)
  if (pid === undefined) {
    process.stderr.write('stam stack: none is running\n')
    return 1
  }
  process.kill(pid, 'SIGTERM')
  return 0
}

async function status(file: string): Promise<number> {
  if (runningPid(file) === undefined) {
    process.stderr.write('stam stack: none is running\n')
    return 1
  }
  const stack = JSON.parse(readFileSync(file, 'utf8')) as StackFile
  let allReady = true
  for (const [name, { pid, ready }] of Object.entries(stack.processes)) {
    const answer = await fetch(ready, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined)
    allReady &&= answer?.ok === true
    process.stdout.write(`${name.padEnd(20)} pid ${String(pid).padEnd(8)} ${answer?.ok ? 'ready' : 'NOT READY'}\n`)
  }
  process.stdout.write(`backends ${stack.backends.join(', ')}; simulator ${stack.simulator}\n`)
  return allReady ? 0 : 1
}

function runningPid(file: string): number | undefined {
  if (!existsSync(file)) return undefined
  const { pid } = JSON.parse(readFileSync(file, 'utf8')) as StackFile
  try {
    process.kill(pid, 0)
    return pid
  } catch {
    return undefined
  }
}

function valueOf(argv: readonly string[], flag: string): string | undefined {
  const at = argv.indexOf(flag)
  return at < 0 ? undefined : argv[at + 1]
}

function parseScale(argv: readonly string[]): Partial<Record<(typeof PARTS)[number], number>> | undefined {
  const at = argv.indexOf('--scale')
  if (at < 0) return {}
  const scale: Partial<Record<(typeof PARTS)[number], number>> = {}
  for (const word of argv.slice(at + 1)) {
    if (word.startsWith('--')) break
    const [part, count] = word.split('=')
    const known = PARTS.find((name) => name === part)
    const number = Number(count)
    if (known === undefined || !Number.isInteger(number) || number < 1 || number > 8) return undefined
    scale[known] = number
  }
  return scale
}
