/** How PostgreSQL's programs are called. */
import { type Account, canReach } from './account.ts'

/**
 * How the server is told its data folder. Under a private home its account cannot walk the path, but the working
 * directory it was born into can be named without walking.
 */
export function folderArgument(dataFolder: string, account: Account | null): string {
  return account === null || canReach(account, dataFolder) ? dataFolder : '/proc/self/cwd'
}

export function environment(): Record<string, string> {
  return { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8', TZ: 'UTC' }
}
