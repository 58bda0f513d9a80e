/**
 * A new configured key for a station (spec 06 "At rest"): the first encrypts, all decrypt; the next start puts everything under it. The keys below it
 * change while the station runs (docs/adr/0022).
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { generateFernetKey } from '@stam/runtime'
import { openDataFolder } from './data-folder/data-folder.ts'
import { StationError } from './errors.ts'

/** Puts a new key before the others. Returns how many there are. Rejects FOLDER_IN_USE while the station runs. */
export async function addEncryptionKey(path: string): Promise<number> {
  if (!existsSync(join(path, 'secrets.json'))) {
    throw new StationError('FOLDER_UNUSABLE', `There is no station in ${path}. Name its folder with --data.`)
  }
  const folder = await openDataFolder(path, { version: '', demo: false, panels: 0 })
  try {
    const keys = [generateFernetKey(), folder.secrets.encryption_key].join(',')
    folder.saveSecrets({ encryption_key: keys })
    return keys.split(',').length
  } finally {
    await folder.close()
  }
}
