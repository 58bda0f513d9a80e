/**
 * `./stam services issue NAME --role ROLE [--days N] | list | revoke NAME`: tokens by which services speak to the API. The token is printed once, on
 * standard output, and kept nowhere.
 */
import { parseArgs } from 'node:util'
import { endServiceToken, issueServiceToken } from '@stam/backend'
import { ServiceRole } from '@stam/contracts'
import { listServiceTokens, type ServiceToken, type Store } from '@stam/store'
import { type DatabaseOf, EXIT_REFUSED, onDatabase, runCommand, stationFolder } from './database-command.ts'

const USAGE =
  'usage: ./stam services issue NAME --role SYSTEM_WORKER|SYSTEM_SMS|SYSTEM_RELAY [--days 90] | list | revoke NAME\n' +
  '       [--data FOLDER | --distributed]\n'
const MOST_DAYS = 366

type Asked =
  | { readonly verb: 'issue'; readonly name: string; readonly role: ServiceRole; readonly days: number }
  | { readonly verb: 'revoke'; readonly name: string }
  | { readonly verb: 'list' }

export async function run(argv: readonly string[]): Promise<number> {
  return runCommand({ name: 'services', usage: USAGE, asked: parse(argv) }, ({ asked, ...where }) =>
    onDatabase(where, (store) => act(store, asked)),
  )
}

function parse(argv: readonly string[]): ({ readonly asked: Asked } & DatabaseOf) | null {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: {
        data: { type: 'string' },
        distributed: { type: 'boolean' },
        role: { type: 'string' },
        days: { type: 'string' },
      },
      allowPositionals: true,
    })
    const [verb, name] = positionals
    const where = { data: stationFolder(values.data), distributed: values.distributed === true }
    if (verb === 'list' && positionals.length === 1) return { asked: { verb }, ...where }
    if (name === undefined || positionals.length !== 2 || !/^[\w .-]{1,60}$/.test(name)) return null
    if (verb === 'revoke') return { asked: { verb, name }, ...where }
    const role = ServiceRole.safeParse(values.role)
    const days = Number(values.days ?? '90')
    if (verb !== 'issue' || !role.success || !Number.isInteger(days) || days < 1 || days > MOST_DAYS) return null
    return { asked: { verb, name, role: role.data, days }, ...where }
  } catch {
    return null
  }
}

async function act(store: Store, asked: Asked): Promise<number> {
  if (asked.verb === 'list') {
    const now = Date.now()
    for (const token of await listServiceTokens(store)) process.stdout.write(`${lineOf(token, now)}\n`)
    return 0
  }
  if (asked.verb === 'revoke') {
    const done = await endServiceToken(store, asked.name)
    process.stdout.write(done ? 'revoked; every backend refuses it within 5 s\n' : 'no token of that name is in use\n')
    return done ? 0 : EXIT_REFUSED
  }
  const token = await issueServiceToken(store, asked)
  if (token === null) {
    process.stderr.write(`stam services: a token "${asked.name}" is in use; revoke it first\n`)
    return EXIT_REFUSED
  }
  process.stdout.write(`${token}\n`)
  return 0
}

function lineOf({ name, role, expires_at, last_used_at, revoked_at }: ServiceToken, now: number): string {
  const state = revoked_at ? 'revoked' : Date.parse(expires_at) <= now ? 'expired' : `until ${expires_at.slice(0, 10)}`
  return `${name.padEnd(30)} ${role.padEnd(14)} ${state.padEnd(18)} last used ${last_used_at ?? 'never'}`
}
