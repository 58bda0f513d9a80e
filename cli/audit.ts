/** `./stam audit verify [--data FOLDER] [--json]`: walks the hash chain of the running station's audit record. */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { isRefusal, openStationStore } from '@stam/station'
import { type AuditVerdict, verifyAudit } from '@stam/store'
import { ROOT } from './run-tool.ts'

const EXIT_BROKEN = 1
const EXIT_USAGE = 2

/** 0: the chain holds; 1: something sealed was changed or removed, or cannot be looked at; 2: called wrongly. */
export async function run(argv: readonly string[]): Promise<number> {
  const asked = parse(argv)
  if (asked === null) {
    process.stderr.write('usage: ./stam audit verify [--data FOLDER] [--json]\n')
    return EXIT_USAGE
  }
  try {
    const store = await openStationStore(asked.data)
    try {
      const verdict = await verifyAudit(store)
      process.stdout.write(asked.json ? `${JSON.stringify(verdict)}\n` : auditReport(verdict))
      return verdict.problems.length === 0 ? 0 : EXIT_BROKEN
    } finally {
      await store.close()
    }
  } catch (error) {
    process.stderr.write(`stam audit: ${isRefusal(error) ? error.message : String(error)}\n`)
    return EXIT_BROKEN
  }
}

function parse(argv: readonly string[]): { data: string; json: boolean } | null {
  try {
    const options = { data: { type: 'string' }, json: { type: 'boolean' } } as const
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true })
    if (positionals.length !== 1 || positionals[0] !== 'verify') return null
    return { data: values.data ?? join(ROOT, 'stam-data'), json: values.json === true }
  } catch {
    return null
  }
}

/** What a person is told: each day with its last hash, to be compared with the log, then what is broken. */
export function auditReport({ days, problems, unsealed }: AuditVerdict): string {
  return [
    ...days.map(({ day, entries, lastHash }) => `${day}  ${String(entries).padStart(8)} entries  ${lastHash}`),
    ...problems.map(({ kind, seq, auditId }) => `BROKEN at ${seq}: entry ${auditId ?? '?'} ${kind}`),
    ...(unsealed > 0 ? [`${unsealed} entries older than a minute are not sealed yet`] : []),
    problems.length === 0 ? 'the chain holds' : 'THE CHAIN IS BROKEN',
    '',
  ].join('\n')
}
