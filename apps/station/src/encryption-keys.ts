/** Rotation of the encryption key (spec 06 "At rest"): the first key encrypts, all decrypt. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createKeyring, generateFernetKey, type Log, Secret } from '@stam/runtime'
import { rotatePanelKeys, type Store } from '@stam/store'
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

/** Before anybody is served: what is not under the first key is re-encrypted. Interrupted, it goes on at the next start. */
export async function finishRotation(store: Store, encryptionKey: string, log: Log): Promise<void> {
  if (!encryptionKey.includes(',')) return
  const { rotated, kept } = await rotatePanelKeys(store, createKeyring(new Secret(encryptionKey)))
  if (rotated > 0) log.info('keys_rotated', { rotated, kept })
}
