/**
 * The keys of access tokens (spec 06, docs/adr/0022): in the database, sealed, so that every backend signs with the same one and a new one needs
 * no restart. A key is published before it signs, and verifies for 7 days after.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { Clock, Keyring, Log, Secret } from '@stam/runtime'
import { addKey, changeKeys, listKeys, type NewKey, type Store, type StoredKey, watchKeys } from '@stam/store'
import { calculateJwkThumbprint, exportJWK, importPKCS8, importSPKI, type JWK } from 'jose'

type Key = Awaited<ReturnType<typeof importPKCS8>>

export interface SigningKeys {
  /** The key that signs now. */
  signing(): { readonly kid: string; readonly key: Key }
  /** Whether a token of this key is still to be believed; without looking. */
  isKnown(kid: string): boolean
  /** Looks for new keys when it does not know this one. */
  verifying(kid: string): Promise<KeyObject | undefined>
  /** What the key set endpoint shows: every key a token in use may have been made with, or soon will be. */
  keySet(): readonly JWK[]
  close(): Promise<void>
}

interface KnownKey {
  readonly kid: string
  readonly jwk: JWK
  readonly verifying: KeyObject
  readonly signing: Key | null
  /** Monotonic ms from which it signs, until a later one does. */
  readonly from: number
}

/** One key for good, out of the configuration: where there is no encryption key to keep others with, and in tests. */
export async function fixedSigningKeys(privateKey: Secret): Promise<SigningKeys> {
  const { kid, jwk } = await publicHalf(privateKey.reveal())
  const key = await importPKCS8(privateKey.reveal(), 'RS256')
  const verifying = verifyingKey(jwk)
  return {
    signing: () => ({ kid, key }),
    isKnown: (asked) => asked === kid,
    verifying: async (asked) => (asked === kid ? verifying : undefined),
    keySet: () => [jwk],
    close: async () => {},
  }
}

export interface StoredKeysOptions {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  /** What seals the private halves. */
  readonly sealing: Keyring
  /** Becomes the first key of a database that has none; otherwise one is generated. */
  readonly first?: Secret | undefined
}

/** Rejects when the configured encryption key opens none of the database's signing keys. */
export async function storedSigningKeys(options: StoredKeysOptions): Promise<SigningKeys> {
  const { store, clock, log, sealing } = options
  await ensureKey(options)
  const parsed = new Map<string, Pick<KnownKey, 'verifying' | 'signing'>>()
  let known: readonly KnownKey[] = []

  async function onKeys(keys: readonly StoredKey[]): Promise<void> {
    const now = clock.monotonic()
    const next: KnownKey[] = []
    for (const key of keys) {
      const halves = parsed.get(key.id) ?? (await parse(key))
      parsed.set(key.id, halves)
      next.push({ kid: key.id, jwk: key.public_jwk as JWK, from: now + key.active_in_ms, ...halves })
    }
    for (const kid of parsed.keys()) if (!keys.some(({ id }) => id === kid)) parsed.delete(kid)
    known = next
  }

  async function parse({ id, sealed, public_jwk }: StoredKey) {
    const verifying = verifyingKey(public_jwk as JWK)
    if (sealed === null) return { verifying, signing: null }
    try {
      return { verifying, signing: await importPKCS8(sealing.decrypt(sealed).toString('utf8'), 'RS256') }
    } catch {
      log.error('signing_key_not_opened', { kid: id })
      return { verifying, signing: null }
    }
  }

  const signing = () => {
    const now = clock.monotonic()
    return known.find((key) => key.signing !== null && key.from <= now)
  }
  const watch = await watchKeys({ store, clock, log, purpose: 'signing', onKeys })
  if (!signing()) {
    await watch.close()
    throw new Error('the configured encryption key opens none of the signing keys of this database')
  }
  return {
    signing() {
      const { kid, signing: key } = signing() as KnownKey
      return { kid, key: key as Key }
    },
    isKnown: (kid) => known.some((key) => key.kid === kid),
    async verifying(kid) {
      const found = () => known.find((key) => key.kid === kid)?.verifying
      if (!found()) await watch.refresh()
      return found()
    },
    keySet: () => known.map(({ jwk }) => jwk),
    close: () => watch.close(),
  }
}

const SOMEBODY_ELSE_IS_AT_IT_MS = 50

async function ensureKey({ store, clock, sealing, first }: StoredKeysOptions): Promise<void> {
  while ((await listKeys(store, 'signing')).length === 0) {
    const mine = await changeKeys(store, async (tx) => {
      if ((await listKeys(tx, 'signing')).length > 0) return true
      await addKey(tx, await newSigningKey(sealing, first?.reveal()), { by: 'first start', leadMs: 0 })
      return true
    })
    if (!mine) await clock.sleep(SOMEBODY_ELSE_IS_AT_IT_MS)
  }
}

/** A sealed key for the database. */
export async function newSigningKey(sealing: Keyring, pem: string = generateSigningKey()): Promise<NewKey> {
  const { kid, jwk } = await publicHalf(pem)
  return { purpose: 'signing', id: kid, sealed: sealing.encrypt(pem), publicJwk: { ...jwk } }
}

async function publicHalf(pem: string): Promise<{ kid: string; jwk: JWK }> {
  const publicPem = createPublicKey(createPrivateKey(pem)).export({ type: 'spki', format: 'pem' }).toString()
  const jwk = await exportJWK(await importSPKI(publicPem, 'RS256', { extractable: true }))
  const kid = await calculateJwkThumbprint(jwk)
  return { kid, jwk: { ...jwk, kid, alg: 'RS256', use: 'sig' } }
}

const LEAST_MODULUS_BITS = 2048

/** @throws when it is no RSA key of 2048 bits: `verify` would check whatever algorithm the key is of. */
function verifyingKey(jwk: JWK): KeyObject {
  const key = createPublicKey({ key: { ...jwk }, format: 'jwk' })
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
  if (key.asymmetricKeyType !== 'rsa' || bits < LEAST_MODULUS_BITS) throw new Error('the signing key is not RSA-2048')
  return key
}

/** A new signing key as PKCS #8 PEM. */
export function generateSigningKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}
