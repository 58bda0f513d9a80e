/** Encrypts everything of a database anew in small batches, to be killed in the middle. */
import { createKeyring, Secret } from '@stam/runtime'
import { openStore, reencryptAll } from '@stam/store'

async function reencrypt({ url, keys }: { readonly url: string; readonly keys: string }): Promise<void> {
  const store = await openStore({ url, poolSize: 2, applicationName: 'reencrypting-process' })
  await reencryptAll(store, createKeyring(new Secret(keys)), 10)
  await store.close()
  process.disconnect()
}

process.once('message', (message: { readonly url: string; readonly keys: string }) => void reencrypt(message))
