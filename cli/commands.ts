import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** One word after `./stam`. */
export interface Command {
  readonly name: string
  readonly usage: string
  readonly summary: string
  /** The file that carries it out, from this folder; exports `run(argv): Promise<number>`, the exit code. */
  readonly module: string
}

/** What a checkout can have; a command exists where its file does. */
const KNOWN: readonly Command[] = [
  {
    name: 'up',
    usage: 'up [--port N] [--host ADDRESS] [--data FOLDER] [--panels N] [--no-simulator] [--json]',
    summary: 'start the whole system on this machine; Ctrl-C stops it, the data stays',
    module: './up.ts',
  },
  {
    name: 'test',
    usage: 'test [FILTER]',
    summary: 'format, lint, types, architecture, unit, scenario and browser tests; last line "N passed, N failed"',
    module: './test.ts',
  },
  {
    name: 'simulate',
    usage: 'simulate …',
    summary: 'drive simulated panels from the shell; "simulate help" lists what they can do',
    module: './simulate.ts',
  },
  {
    name: 'bench',
    usage: 'bench pipeline|worker|codec|replay|list|login [--json]',
    summary: 'measure against a raw baseline of the same run',
    module: './bench.ts',
  },
  {
    name: 'audit',
    usage: 'audit verify [--json] [--data FOLDER | --distributed]',
    summary: 'walk the hash chain of the audit record',
    module: './audit.ts',
  },
  {
    name: 'keys',
    usage: 'keys rotate|rotate-jwt|status|rotate-root [--data FOLDER | --distributed]',
    summary: 'new keys for data or access tokens while everything runs; nobody is signed out',
    module: './keys.ts',
  },
  {
    name: 'services',
    usage: 'services issue NAME --role ROLE [--days N] | list | revoke NAME',
    summary: 'tokens by which services speak to the API',
    module: './services.ts',
  },
  {
    name: 'users',
    usage: 'users recover EMAIL [--forget-passkeys] [--language pl|en] [--data FOLDER | --distributed]',
    summary: 'a temporary password for a MASTER who cannot sign in; needs the database owner',
    module: './users.ts',
  },
  {
    name: 'stack',
    usage: 'stack …',
    summary: 'run the distributed profile as native processes on this machine',
    module: './stack.ts',
  },
  {
    name: 'drill',
    usage: 'drill ID…|all|chaos [--seed N] [--minutes M] [--json] [--panels N]',
    summary: 'break the distributed profile on purpose and balance the ledger',
    module: './drill.ts',
  },
  {
    name: 'fuzz',
    usage: 'fuzz [--seed N] [--messages N] [--minutes N] [--json]',
    summary: 'odd HTTP and WebSocket messages against a backend of its own, while alarms flow',
    module: './fuzz.ts',
  },
]

export const commands: readonly Command[] = KNOWN.filter(({ module }) =>
  existsSync(fileURLToPath(new URL(module, import.meta.url))),
)

export function usage(): string {
  const lines = commands.flatMap((command) => [`  ./stam ${command.usage}`, `      ${command.summary}`])
  return ['stam-replacer: an alarm receiving centre', '', ...lines, ''].join('\n')
}
