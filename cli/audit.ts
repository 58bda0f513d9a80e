/** `./stam audit verify [--json] [--data FOLDER | --distributed]`: walks the hash chain of the audit record, of a running station or of DATABASE_URL. */
import { parseArgs } from 'node:util'
import { type AuditVerdict, verifyAudit } from '@stam/store'
import { type DatabaseOf, onDatabase, runCommand, stationFolder } from './database-command.ts'

const EXIT_BROKEN = 1
const USAGE = 'usage: ./stam audit verify [--json] [--data FOLDER | --distributed]\n'

/** 0: the chain holds; 1: something sealed was changed or removed, or cannot be looked at; 2: called wrongly. */
export async function run(argv: readonly string[]): Promise<number> {
  return runCommand({ name: 'audit', usage: USAGE, asked: parse(argv) }, ({ json, ...where }) =>
    onDatabase(where, async (store) => {
      const verdict = await verifyAudit(store)
      process.stdout.write(json ? `${JSON.stringify(verdict)}\n` : auditReport(verdict))
      return verdict.problems.length === 0 ? 0 : EXIT_BROKEN
    }),
  )
}

function parse(argv: readonly string[]): ({ readonly json: boolean } & DatabaseOf) | null {
  try {
    const options = { data: { type: 'string' }, distributed: { type: 'boolean' }, json: { type: 'boolean' } } as const
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true })
    const distributed = values.distributed === true
    if (positionals.length !== 1 || positionals[0] !== 'verify' || (distributed && values.data)) return null
    return { data: stationFolder(values.data), distributed, json: values.json === true }
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
