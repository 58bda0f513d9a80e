/**
 * `./stam keys rotate [--data FOLDER]`: a new encryption key for a station that is stopped. It is put first, the old ones
 * still open what they have sealed, and the next start re-encrypts everything under it, in batches and audited.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { addEncryptionKey, isRefusal } from '@stam/station'
import { ROOT } from './run-tool.ts'

const EXIT_REFUSED = 1
const EXIT_USAGE = 2

export async function run(argv: readonly string[]): Promise<number> {
  const folder = folderOf(argv)
  if (folder === null) {
    process.stderr.write('usage: ./stam keys rotate [--data FOLDER]\n')
    return EXIT_USAGE
  }
  try {
    const keys = await addEncryptionKey(folder)
    process.stdout.write(`the new key comes first (${keys} in all); ./stam up re-encrypts with it\n`)
    return 0
  } catch (error) {
    process.stderr.write(`stam keys: ${isRefusal(error) ? error.message : String(error)}\n`)
    return EXIT_REFUSED
  }
}

function folderOf(argv: readonly string[]): string | null {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: { data: { type: 'string' } },
      allowPositionals: true,
    })
    return positionals.length === 1 && positionals[0] === 'rotate' ? (values.data ?? join(ROOT, 'stam-data')) : null
  } catch {
    return null
  }
}
