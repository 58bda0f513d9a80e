import { readFileSync, type Stats, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { EmbeddedPostgresError } from './errors.ts'

/** Who the server runs as; its own group only. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

/**
 * The account for a server started by root, which PostgreSQL refuses to be: the owner of existing data, so that an
 * account added to the host later changes nothing; else `postgres` or `nobody`. Null when we are not root already.
 */
export function serverAccount(dataFolder: string): Account | null {
  if (process.getuid?.() !== 0) return null
  const owner = statIfThere(dataFolder)
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid }
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = accounts.find(([login]) => login === name) ?? []
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) }
  }
  throw new EmbeddedPostgresError(
    'NO_ACCOUNT',
    'PostgreSQL does not run as root, and this host has neither an account "postgres" nor "nobody". ' +
      'Start the station as an ordinary user.',
  )
}

/** Whether the account can walk down to `path`: every folder above it lets it pass. */
export function canReach(account: Account, path: string): boolean {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const stats = statSync(folder)
    const bit = stats.uid === account.uid ? 0o100 : stats.gid === account.gid ? 0o010 : 0o001
    if ((stats.mode & bit) === 0) return false
    if (folder === dirname(folder)) return true
  }
}

export function statIfThere(path: string): Stats | null {
  return statSync(path, { throwIfNoEntry: false }) ?? null
}
