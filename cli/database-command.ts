/**
 * What the commands that work on a database have in common: whose it is (the running station's of a data folder, or the one the backends are
 * configured with), how they end, and that it is closed.
 */
import { join } from 'node:path'
import { loadConfig, processSources, secretField } from '@stam/runtime'
import { isRefusal, openStationStore } from '@stam/station'
import { openStore, type Store } from '@stam/store'
import { z } from 'zod'
import { ROOT } from './run-tool.ts'

export const EXIT_REFUSED = 1
export const EXIT_USAGE = 2

export interface DatabaseOf {
  readonly data: string
  readonly distributed: boolean
}

/**
 * Carries out what was asked and gives the exit code; errors are told on standard error.
 * @param command.asked null: called wrongly
 */
export async function runCommand<Asked>(
  command: { readonly name: string; readonly usage: string; readonly asked: Asked | null },
  act: (asked: Asked) => Promise<number>,
): Promise<number> {
  if (command.asked === null) {
    process.stderr.write(command.usage)
    return EXIT_USAGE
  }
  try {
    return await act(command.asked)
  } catch (error) {
    const said = isRefusal(error) || error instanceof Error ? error.message : String(error)
    process.stderr.write(`stam ${command.name}: ${said}\n`)
    return EXIT_REFUSED
  }
}

/** With the rights of the application. */
export const onDatabase = (where: DatabaseOf, work: (store: Store) => Promise<number>): Promise<number> =>
  using(openCommandStore(where), work)

/** With the rights of the owner of the database, which no process is given. */
export const asOwner = (where: DatabaseOf, work: (store: Store) => Promise<number>): Promise<number> =>
  using(openOwnerStore(where), work)

async function using(opening: Promise<Store>, work: (store: Store) => Promise<number>): Promise<number> {
  const store = await opening
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

export const stationFolder = (data: string | undefined): string => data ?? join(ROOT, 'stam-data')

/** DATABASE_URL, or the secret `database_url`, as the backends have it. */
async function openCommandStore(where: DatabaseOf): Promise<Store> {
  if (!where.distributed) return openStationStore(where.data)
  const { databaseUrl } = loadConfig(z.object({ databaseUrl: secretField() }), processSources())
  return openStore({ url: databaseUrl.reveal(), poolSize: 1, applicationName: 'stam-command' })
}

/** DATABASE_OWNER_URL or the secret `database_owner_url`. */
async function openOwnerStore(where: DatabaseOf): Promise<Store> {
  if (!where.distributed) return openStationStore(where.data, 'owner')
  const { databaseOwnerUrl } = loadConfig(z.object({ databaseOwnerUrl: secretField() }), processSources())
  return openStore({ url: databaseOwnerUrl.reveal(), poolSize: 1, applicationName: 'stam-command' })
}
