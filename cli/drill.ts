/** `./stam drill <id|all> [--json] [--panels N]`: breaks the distributed profile on purpose and balances the ledger. */
import { drills } from '../lab/drills.ts'
import { findDrills, runDrills } from '../lab/run-drills.ts'

export async function run(argv: readonly string[]): Promise<number> {
  const json = argv.includes('--json')
  const panelsAt = argv.indexOf('--panels')
  const panels = panelsAt < 0 ? 40 : Number(argv[panelsAt + 1])
  const names = argv.filter((word, i) => !word.startsWith('--') && !(panelsAt >= 0 && i === panelsAt + 1))
  const chosen = names.flatMap(findDrills)
  if (chosen.length === 0 || !Number.isInteger(panels) || panels < 2 || panels > 500) {
    const list = drills.map(({ id, what }) => `  ${id.padEnd(8)} ${what}`).join('\n')
    process.stderr.write(`usage: ./stam drill <id|all> [--json] [--panels 2..500]\n${list}\n`)
    return 2
  }
  // Ended from outside: the processes go too (see lab/child.ts).
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  const results = await runDrills(chosen, {
    panels,
    say: (line) => void process.stderr.write(`${line}\n`),
    onResult: (result) => {
      if (json) process.stdout.write(`${JSON.stringify(result)}\n`)
      else
        process.stdout.write(
          `${result.pass ? 'pass' : 'FAIL'}  ${result.drill.padEnd(7)} emitted ${result.emitted} stored ${result.stored} shown ${result.shown} ` +
            `lost ${result.lost} doubled ${result.doubled} rto ${result.rto_ms ?? '-'} ms ${result.note}\n`,
        )
    },
  })
  return results.every((result) => result.pass) ? 0 : 1
}
