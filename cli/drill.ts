/** `./stam drill <id|all>` and `./stam drill chaos`: breaks the distributed profile on purpose and balances the ledger. */
import { parseArgs } from 'node:util'
import { chaosDrill } from '../lab/chaos.ts'
import type { Drill } from '../lab/drill.ts'
import { drills } from '../lab/drills.ts'
import { type DrillResult, findDrills, runDrills } from '../lab/run-drills.ts'

const EXIT_USAGE = 2

export async function run(argv: readonly string[]): Promise<number> {
  const asked = read(argv)
  if (asked === undefined) {
    const list = drills.map(({ id, what }) => `  ${id.padEnd(8)} ${what}`).join('\n')
    process.stderr.write(
      `usage: ./stam drill <id …|all> [--json] [--panels 2..500]\n` +
        `       ./stam drill chaos [--seed N] [--minutes 0.2..60] [--json] [--panels 2..500]\n${list}\n`,
    )
    return EXIT_USAGE
  }
  // Ended from outside: the processes go too (see lab/child.ts).
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  const results = await runDrills(asked.chosen, {
    panels: asked.panels,
    say: (line) => void process.stderr.write(`${line}\n`),
    onResult: (result) => void process.stdout.write(asked.json ? `${JSON.stringify(result)}\n` : line(result)),
  })
  return results.every((result) => result.pass) ? 0 : 1
}

function read(argv: readonly string[]): { chosen: readonly Drill[]; panels: number; json: boolean } | undefined {
  const text = { type: 'string' } as const
  const options = { json: { type: 'boolean' }, panels: text, seed: text, minutes: text } as const
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true })
    const panels = Number(values.panels ?? 40)
    const seed = Number(values.seed ?? 1)
    const minutes = Number(values.minutes ?? 2)
    const chosen = positionals.flatMap((name) => {
      const found = name === 'chaos' ? [chaosDrill(seed, minutes)] : findDrills(name)
      if (found.length === 0) throw new Error(`there is no drill "${name}"`)
      return found
    })
    const isChaos = Number.isInteger(seed) && seed >= 0 && minutes >= 0.2 && minutes <= 60
    if (chosen.length === 0 || !isChaos || !Number.isInteger(panels) || panels < 2 || panels > 500) return undefined
    return { chosen, panels, json: values.json === true }
  } catch (error) {
    process.stderr.write(`stam drill: ${(error as Error).message}\n`)
    return undefined
  }
}

function line(result: DrillResult): string {
  const { pass, drill, emitted, stored, shown, lost, doubled, order, rto_ms, note } = result
  return (
    `${pass ? 'pass' : 'FAIL'}  ${drill.padEnd(7)} emitted ${emitted} stored ${stored} shown ${shown} ` +
    `lost ${lost} doubled ${doubled} order ${order} rto ${rto_ms ?? '-'} ms ${note}\n`
  )
}
