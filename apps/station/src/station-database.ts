/** The database of a station that runs beside us, for commands that look at it or do something to it once. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { openStore, type Store } from '@stam/store'
import { readJsonFile } from './data-folder/json-file.ts'
import { StationSecrets } from './data-folder/station-secrets.ts'
import { StationError } from './errors.ts'

/** The application's own login: whoever runs a command may do what the station may, and no more, but for what only the owner of everything may ask for. */
const APP_LOGIN = 'stam_station'
const OWNER_LOGIN = 'postgres'
/** Line of postmaster.pid that holds the port (PostgreSQL, "Database File Layout"). */
const PORT_LINE = 3

/** Opens the store of the running station of that data folder. Rejects with a refusal when none runs there. */
export async function openStationStore(
  dataFolder: string,
  as: 'application' | 'owner' = 'application',
): Promise<Store> {
  const folder = resolve(dataFolder)
  const secrets = readJsonFile(join(folder, 'secrets.json'), StationSecrets)
  const port = portOf(join(folder, 'postgres', 'postmaster.pid'))
  if (secrets === null || port === null) {
    throw new StationError(
      'FOLDER_UNUSABLE',
      `No station runs in ${folder}. Start it with ./stam up, or name its folder with --data.`,
    )
  }
  const [login, password] =
    as === 'owner' ? [OWNER_LOGIN, secrets.database_owner_password] : [APP_LOGIN, secrets.database_app_password]
  const url = `postgres://${login}:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`
  return openStore({ url, poolSize: 2, applicationName: 'stam-command' })
}

function portOf(path: string): number | null {
  try {
    const port = Number(readFileSync(path, 'utf8').split('\n')[PORT_LINE])
    return Number.isInteger(port) && port > 0 ? port : null
  } catch {
    return null
  }
}
