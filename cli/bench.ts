/** `./stam bench`: runs one benchmark or several, prints tables or JSON lines, ends with 1 when a bar was missed. */
import { availableParallelism, loadavg } from 'node:os'
import { type BenchResult, printResult } from '../bench/report.ts'
import type { Profile } from '../bench/systems.ts'

interface Options {
  readonly profile: Profile
  readonly panels: readonly number[]
  readonly small: boolean
  /** Folder in which `list` keeps its loaded database. */
  readonly data?: string
  /** What is away in the distributed profile: `broker`, `redis` or `both`. */
  readonly degraded?: string
}

const BENCHES: Readonly<Record<string, (options: Options) => Promise<BenchResult[]>>> = {
  pipeline: async ({ profile, degraded }) => [
    degraded === undefined
      ? await (await import('../bench/pipeline.ts')).benchPipeline(profile)
      : await (await import('../bench/degraded.ts')).benchDegraded(degraded),
  ],
  worker: async ({ panels }) => [await (await import('../bench/worker.ts')).benchWorker(panels)],
  codec: async () => [(await import('../bench/codec.ts')).benchCodec()],
  recording: async () => [await (await import('../bench/recording.ts')).benchRecording()],
  login: async () => [await (await import('../bench/login.ts')).benchLogin()],
  replay: async () => [await (await import('../bench/replay.ts')).benchReplay()],
  list: async ({ small, data }) => {
    const [{ benchList }, { fullSize, smallSize }] = await Promise.all([
      import('../bench/list.ts'),
      import('../bench/load.ts'),
    ])
    return [await benchList({ size: small ? smallSize : fullSize, keep: data })]
  },
}

const DEGRADABLE = ['broker', 'redis', 'both']
const USAGE = `usage: ./stam bench ${Object.keys(BENCHES).join('|')} [--json]
  pipeline --profile embedded|distributed   pipeline --profile distributed --degraded broker|redis|both   list --small --data FOLDER   worker --panels 100,500,2000
`

export async function run(argv: readonly string[]): Promise<number> {
  const names: string[] = []
  let json = false
  let options: Options = { profile: 'embedded', panels: [100, 500, 2000], small: false }
  const words = argv.flatMap((word) => (word.startsWith('--') ? word.split('=') : [word]))
  while (words.length > 0) {
    const word = words.shift() as string
    if (word === '--json') json = true
    else if (word === '--small') options = { ...options, small: true }
    else if (word === '--data') {
      const data = words.shift()
      if (data === undefined) return misuse()
      options = { ...options, data }
    } else if (word === '--degraded') {
      const degraded = words.shift() ?? ''
      if (!DEGRADABLE.includes(degraded)) return misuse()
      options = { ...options, degraded }
    } else if (word === '--profile') {
      const profile = words.shift()
      if (profile !== 'embedded' && profile !== 'distributed') return misuse()
      options = { ...options, profile }
    } else if (word === '--panels') {
      const panels = (words.shift() ?? '').split(',').map(Number)
      if (!panels.every((count) => Number.isInteger(count) && count > 0 && count <= 10_000)) return misuse()
      options = { ...options, panels }
    } else if (word in BENCHES) names.push(word)
    else return misuse()
  }
  if (names.length === 0 || (options.degraded !== undefined && options.profile !== 'distributed')) return misuse()
  let missed = 0
  for (const name of names) {
    for (const result of (await BENCHES[name]?.(options)) ?? []) {
      // Times on a machine with other work measure that work too: the reader has to see it.
      const machine = { machine_cores: availableParallelism(), machine_load_1m: loadavg()[0] ?? Number.NaN }
      printResult({ ...result, metrics: { ...result.metrics, ...machine } }, json)
      missed += result.bars.filter((bar) => !bar.met).length
    }
  }
  return missed === 0 ? 0 : 1
}

function misuse(): number {
  process.stderr.write(USAGE)
  return 2
}
