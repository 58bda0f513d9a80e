import { addPeople } from '@stam/backend'
import { findCredentials, type Store } from '@stam/store'
import type { DataFolder } from './data-folder/data-folder.ts'
import { generatePassword } from './data-folder/station-secrets.ts'

const EMAIL = 'master@stam.local'

/**
 * A station without demo users needs one person to begin with (spec 06, first start): a random password, shown until it
 * has been changed, which the first login asks for.
 */
export async function ensureFirstMaster(store: Store, folder: DataFolder): Promise<void> {
  const { passwords } = folder.secrets
  const known = await findCredentials(store, EMAIL)
  if (known === null) {
    const password = passwords[EMAIL] ?? generatePassword()
    folder.saveSecrets({ passwords: { ...passwords, [EMAIL]: password } })
    await addPeople(store, [
      { email: EMAIL, name: 'Master', role: 'MASTER', language: 'pl', password, mustChangePassword: true },
    ])
  } else if (!known.must_change_password && EMAIL in passwords) {
    const { [EMAIL]: _changed, ...others } = passwords
    folder.saveSecrets({ passwords: others })
  }
}
