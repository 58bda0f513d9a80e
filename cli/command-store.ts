/** The database a command works on: the running station's of a data folder, or the one the backends are configured with. */
import { join } from 'node:path'
import { loadConfig, processSources, secretField } from '@stam/runtime'
import { openStationStore } from '@stam/station'
import { openStore, type Store } from '@stam/store'
import { z } from 'zod'
import { ROOT } from './run-tool.ts'

export const stationFolder = (data: string | undefined): string => data ?? join(ROOT, 'stam-data')

/** @param distributed takes DATABASE_URL, or the secret `database_url`, as the backends do */
export async function openCommandStore(where: {
  readonly data: string
  readonly distributed: boolean
}): Promise<Store> {
  if (!where.distributed) return openStationStore(where.data)
  const { databaseUrl } = loadConfig(z.object({ databaseUrl: secretField() }), processSources())
  return openStore({ url: databaseUrl.reveal(), poolSize: 1, applicationName: 'stam-command' })
}

/** The same as the owner of the database: with DATABASE_OWNER_URL or the secret `database_owner_url`, which no process is given. */
export async function openOwnerStore(where: { readonly data: string; readonly distributed: boolean }): Promise<Store> {
  if (!where.distributed) return openStationStore(where.data, 'owner')
  const { databaseOwnerUrl } = loadConfig(z.object({ databaseOwnerUrl: secretField() }), processSources())
  return openStore({ url: databaseOwnerUrl.reveal(), poolSize: 1, applicationName: 'stam-command' })
}
