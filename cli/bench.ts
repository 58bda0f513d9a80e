/** `./stam bench`: runs one benchmark or all, prints tables or JSON lines, ends with 1 when a bar was missed. */
import { type BenchResult, printResult } from '../bench/report.ts'

const BENCHES: Readonly<Record<string, (argv: readonly string[]) => Promise<BenchResult[]>>> = {
  codec: async () => [(await import('../bench/codec.ts')).benchCodec()],
  recording: async () => [await (await import('../bench/recording.ts')).benchRecording()],
}

export async function run(argv: readonly string[]): Promise<number> {
  const json = argv.includes('--json')
  const names = argv.filter((word) => !word.startsWith('--') && word in BENCHES)
  const unknown = argv.filter(
    (word, i) => !word.startsWith('--') && !(word in BENCHES) && !argv[i - 1]?.startsWith('--'),
  )
  if (unknown.length > 0 || names.length === 0) {
    process.stderr.write(`usage: ./stam bench ${Object.keys(BENCHES).join('|')} [--json]\n`)
    return 2
  }
  let missed = 0
  for (const name of names) {
    for (const result of (await BENCHES[name]?.(argv)) ?? []) {
      printResult(result, json)
      missed += result.bars.filter((bar) => !bar.met).length
    }
  }
  return missed === 0 ? 0 : 1
}
