/**
 * The keyring of a running process: the configured keys, and before them those made by command since (docs/adr/0022). It changes by itself;
 * which key encrypts is decided by the database's time, so all processes switch together.
 */
import { type Clock, createKeyring, isRuntimeError, type Keyring, type Log, Secret } from '@stam/runtime'
import type { Store } from '../connection.ts'
import type { StoredKey } from './keys.ts'
import { watchKeys } from './watch-keys.ts'

export interface DataKeys extends Omit<Keyring, 'size'> {
  /** Like `decrypt`, but looks for new keys before it gives up. */
  open(token: string): Promise<Buffer>
  /** Looks for new keys when one of these cannot be opened. Never rejects. */
  prepare(tokens: readonly string[]): Promise<void>
  /** Looks now. Never rejects. */
  refresh(): Promise<void>
  close(): Promise<void>
}

/** @param configured the keys of the configuration; they seal the others and open what was encrypted before there were any */
export async function openDataKeys(
  { store, clock, log }: { readonly store: Store; readonly clock: Clock; readonly log: Log },
  configured: Secret,
): Promise<DataKeys> {
  const root = createKeyring(configured)
  const opened = new Map<string, Secret>()
  /** Rings with the monotonic time from which each is the one, newest last. */
  let rings: readonly { readonly from: number; readonly ring: Keyring }[] = [
    { from: Number.NEGATIVE_INFINITY, ring: root },
  ]

  function onKeys(keys: readonly StoredKey[]): void {
    const now = clock.monotonic()
    const known = keys.flatMap((key) => {
      const secret = opened.get(key.id) ?? openKey(key)
      if (!secret) return []
      opened.set(key.id, secret)
      return [{ id: key.id, secret, from: now + key.active_in_ms }]
    })
    for (const id of opened.keys()) if (!keys.some((key) => key.id === id)) opened.delete(id)
    const ringOf = (first: (typeof known)[0] | undefined) => {
      const others = known.filter((key) => key !== first).map(({ secret }) => secret)
      return createKeyring([
        ...(first ? [first.secret] : []),
        ...(first ? others : []),
        configured,
        ...(first ? [] : others),
      ])
    }
    const active = known.find(({ from }) => from <= now)
    const coming = known.filter(({ from }) => from > now).toReversed()
    rings = [
      { from: Number.NEGATIVE_INFINITY, ring: ringOf(active) },
      ...coming.map((key) => ({ from: key.from, ring: ringOf(key) })),
    ]
  }

  function openKey({ id, sealed }: StoredKey): Secret | null {
    try {
      return sealed === null ? null : new Secret(root.decrypt(sealed).toString('utf8'))
    } catch {
      log.error('encryption_key_not_opened', { key: id })
      return null
    }
  }

  const current = (): Keyring => {
    const now = clock.monotonic()
    return (rings.findLast(({ from }) => from <= now) as (typeof rings)[0]).ring
  }
  const opens = (token: string): boolean => {
    try {
      current().decrypt(token)
      return true
    } catch {
      return false
    }
  }
  const watch = await watchKeys({ store, clock, log, purpose: 'encryption', onKeys })
  return {
    encrypt: (plaintext) => current().encrypt(plaintext),
    decrypt: (token) => current().decrypt(token),
    rotate: (token) => current().rotate(token),
    isCurrent: (token) => current().isCurrent(token),
    async open(token) {
      try {
        return current().decrypt(token)
      } catch (error) {
        if (!isRuntimeError(error, 'TOKEN_INVALID')) throw error
        await watch.refresh()
        return current().decrypt(token)
      }
    },
    async prepare(tokens) {
      if (!tokens.every(opens)) await watch.refresh()
    },
    refresh: () => watch.refresh(),
    close: () => watch.close(),
  }
}
