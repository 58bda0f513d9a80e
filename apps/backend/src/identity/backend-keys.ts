/** All keys a backend works with, open and kept up to date; see docs/adr/0022. */
import { type Clock, createKeyring, type Log } from '@stam/runtime'
import { type DataKeys, openDataKeys, type Store } from '@stam/store'
import type { BackendConfig } from '../config.ts'
import { type KeyKeeper, startKeyKeeper } from './key-keeper.ts'
import { fixedSigningKeys, type SigningKeys, storedSigningKeys } from './signing-keys.ts'

export interface BackendKeys {
  readonly signing: SigningKeys
  /** Null: this installation has no encryption key, so no secret can be kept. */
  readonly data: DataKeys | null
  close(): Promise<void>
}

/** Rejects when the configuration names no key at all, or one that does not open what is in the database. */
export async function openBackendKeys(
  config: BackendConfig,
  deps: { readonly store: Store; readonly clock: Clock; readonly log: Log },
): Promise<BackendKeys> {
  const { encryptionKey, jwtPrivateKey, jwtEncryptionKey = encryptionKey, jwtKeyLifeDays, keyPublishMs } = config
  if (!encryptionKey || !jwtEncryptionKey) {
    if (!jwtPrivateKey) throw new Error('neither ENCRYPTION_KEY nor JWT_PRIVATE_KEY is configured')
    deps.log.warn('signing_key_cannot_be_rotated', { because: 'ENCRYPTION_KEY is not configured' })
    const signing = await fixedSigningKeys(jwtPrivateKey)
    return { signing, data: null, close: () => signing.close() }
  }
  const [root, sealing] = [createKeyring(encryptionKey), createKeyring(jwtEncryptionKey)]
  const opened: { close(): Promise<void> }[] = []
  const close = async () => {
    for (let next = opened.pop(); next; next = opened.pop()) await next.close()
  }
  try {
    const signing = await storedSigningKeys({ ...deps, sealing, first: jwtPrivateKey })
    opened.push(signing)
    const data = await openDataKeys(deps, encryptionKey)
    opened.push(data)
    const keeper: KeyKeeper = await startKeyKeeper({
      ...deps,
      dataKeys: data,
      root,
      sealing,
      keyLifeDays: jwtKeyLifeDays,
      publishMs: keyPublishMs,
    })
    opened.push(keeper)
    return { signing, data, close }
  } catch (error) {
    await close()
    throw error
  }
}
