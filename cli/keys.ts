/**
 * `./stam keys …`: new keys for a running system (docs/operations/keys.md). The command only asks, in the database; a backend makes the key, tells
 * everybody, and uses it once everybody knows it. So no key passes through here, and it is the same for one machine and for many.
 */
import { parseArgs } from 'node:util'
import { addEncryptionKey } from '@stam/station'
import { type KeyPurpose, listKeys, requestKey, type Store, type StoredKey } from '@stam/store'
import { EXIT_REFUSED, onDatabase, runCommand, stationFolder } from './database-command.ts'

const USAGE =
  'usage: ./stam keys rotate|rotate-jwt|status [--data FOLDER | --distributed]\n' +
  '       ./stam keys rotate-root [--data FOLDER]     (the station stopped)\n'
const LONGEST_WAIT_MS = 120_000
const LOOK_EVERY_MS = 500

interface Asked {
  readonly verb: 'rotate' | 'rotate-jwt' | 'status' | 'rotate-root'
  readonly data: string
  /** The database of DATABASE_URL, as the backends have it. */
  readonly distributed: boolean
}

export async function run(argv: readonly string[]): Promise<number> {
  return runCommand({ name: 'keys', usage: USAGE, asked: parse(argv) }, (asked) => {
    if (asked.verb === 'rotate-root') return rotateRoot(asked.data)
    return onDatabase(asked, (store) =>
      asked.verb === 'status' ? status(store) : rotate(store, asked.verb === 'rotate' ? 'encryption' : 'signing'),
    )
  })
}

function parse(argv: readonly string[]): Asked | null {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: { data: { type: 'string' }, distributed: { type: 'boolean' } },
      allowPositionals: true,
    })
    const verb = (['rotate', 'rotate-jwt', 'status', 'rotate-root'] as const).find((known) => known === positionals[0])
    const distributed = values.distributed === true
    if (positionals.length !== 1 || verb === undefined || (distributed && (values.data || verb === 'rotate-root')))
      return null
    return { verb, data: stationFolder(values.data), distributed }
  } catch {
    return null
  }
}

async function rotateRoot(data: string): Promise<number> {
  const keys = await addEncryptionKey(data)
  process.stdout.write(`the new key comes first (${keys} in all); ./stam up puts everything under it\n`)
  return 0
}

/** Asks, and says how it goes: known to all, in use, and (encryption) everything under it. */
async function rotate(store: Store, purpose: KeyPurpose): Promise<number> {
  const before = new Set((await listKeys(store, purpose)).map(({ id }) => id))
  await requestKey(store, purpose, 'stam keys')
  const said = new Set<string>()
  const say = (line: string) => {
    if (!said.has(line)) process.stdout.write(`${line}\n`)
    said.add(line)
  }
  for (const end = Date.now() + LONGEST_WAIT_MS; Date.now() < end; ) {
    const [key] = await listKeys(store, purpose)
    if (key && !before.has(key.id)) {
      say(`key ${key.id} is made and told to all processes`)
      if (key.active_in_ms <= 0) say('it is in use')
      if (key.active_in_ms <= 0 && (purpose === 'signing' || key.settled)) {
        say(purpose === 'signing' ? 'the former key verifies for 7 days more' : 'everything stored is under it')
        return 0
      }
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
  process.stderr.write('stam keys: not done yet; is a backend running? It goes on by itself: ./stam keys status\n')
  return EXIT_REFUSED
}

async function status(store: Store): Promise<number> {
  for (const purpose of ['signing', 'encryption'] as const) {
    const keys = await listKeys(store, purpose)
    process.stdout.write(`${purpose} keys${keys.length === 0 ? ': the configured one' : ''}\n`)
    for (const key of keys) process.stdout.write(`  ${key.id.padEnd(44)} ${stateOf(key, purpose)}\n`)
  }
  return 0
}

const DAY_MS = 86_400_000

export function stateOf(key: StoredKey, purpose: KeyPurpose): string {
  if (key.active_in_ms > 0) return `to be used in ${Math.ceil(key.active_in_ms / 1000)} s`
  if (key.replaced_in_ms !== null && key.replaced_in_ms <= 0) return 'former'
  const days = Math.floor(key.age_ms / DAY_MS)
  const all = purpose === 'signing' ? '' : key.settled ? ', everything is under it' : ', values are being put under it'
  return `in use for ${days} d${all}`
}
