/** `./stam fuzz`: odd messages against a backend of its own; ends with 1 when anything was found. */
import { type FuzzReport, fuzz } from '../lab/fuzz/fuzz.ts'
import { round } from '../bench/report.ts'

const USAGE = 'usage: ./stam fuzz [--seed N] [--messages N] [--minutes N] [--json]\n'

export async function run(argv: readonly string[]): Promise<number> {
  const words = argv.flatMap((word) => (word.startsWith('--') ? word.split('=') : [word]))
  const given: Record<string, number> = { '--seed': Date.now() % 1_000_000_000, '--messages': 100_000, '--minutes': 60 }
  let json = false
  while (words.length > 0) {
    const word = words.shift() as string
    if (word === '--json') json = true
    else {
      const value = Number(words.shift())
      if (!(word in given) || !(value >= (word === '--minutes' ? 0.1 : 1))) {
        process.stderr.write(USAGE)
        return 2
      }
      given[word] = value
    }
  }
  const { '--seed': seed = 1, '--messages': messages = 1, '--minutes': minutes = 1 } = given
  const say = (line: string): void => void process.stderr.write(`${line}\n`)
  say(`seed ${seed}`)
  const report = await fuzz({ seed, messages, limitMs: minutes * 60_000, say })
  if (json) process.stdout.write(`${JSON.stringify(report)}\n`)
  else print(report)
  return report.faults.length === 0 ? 0 : 1
}

function print(report: FuzzReport): void {
  const { httpMessages, socketMessages, sockets, seconds, statuses, operations, operationsReached, controls } = report
  const lines = [
    `seed ${report.seed}: ${httpMessages} HTTP and ${socketMessages} WebSocket messages (${sockets} sockets) in ${round(seconds)} s, ` +
      `${Math.round((httpMessages + socketMessages) / seconds)}/s`,
    `  ${operationsReached} of ${operations} operations reached, hidden names seen ${controls} times where they belong`,
    `  answers: ${Object.entries(statuses)
      .map(([status, count]) => `${status === '0' ? 'ended' : status} ${count}`)
      .join(', ')}`,
    ...Object.entries(report.figures).map(([key, value]) => `  ${key.padEnd(24)} ${round(value)}`),
    `  faults ${report.faults.length}`,
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}
