/**
 * What has to happen to keys while everything runs (docs/adr/0022), in whichever backend comes first: making one that was asked for, or whose
 * predecessor has grown old; encrypting anew what is under a former one; wiping what is spent. Each step leaves a state the next run goes on from.
 */
import { type Clock, generateFernetKey, type Keyring, type Log, uuidv7 } from '@stam/runtime'
import {
  addKey,
  changeKeys,
  type DataKeys,
  dropFormerKeys,
  dropSpentSigningKeys,
  KEYS_CHANNEL,
  reencryptAll,
  resealKeys,
  settleKey,
  signingKeyIsOld,
  type Store,
  takeKeyRequests,
  unsettledKey,
} from '@stam/store'
import { newSigningKey } from './signing-keys.ts'

export interface KeyKeeper {
  close(): Promise<void>
}

export interface KeyKeeperOptions {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  /** What is encrypted under which key. */
  readonly dataKeys: DataKeys
  /** The configured keys that seal data keys, and those that seal signing keys. */
  readonly root: Keyring
  readonly sealing: Keyring
  readonly keyLifeDays: number
  /** How long a new key is published before it is used. */
  readonly publishMs: number
}

const EVERY_MS = 5_000
/** Rounds between two looks over everything, for what a process that was cut off has still encrypted under a former key. */
const FULL_EVERY = 720
/** After the change of keys a process may be this late. */
const SETTLED_MS = 5_000

export async function startKeyKeeper(options: KeyKeeperOptions): Promise<KeyKeeper> {
  const { store, clock, log, dataKeys } = options
  let closed = false
  let rounds = 0
  let cancel = () => {}
  let running: Promise<void> | undefined
  let again = false

  function wake(): void {
    if (closed) return
    if (running) {
      again = true
      return
    }
    cancel()
    running = round().finally(() => {
      running = undefined
      if (again) {
        again = false
        wake()
      } else if (!closed) cancel = clock.setTimer(EVERY_MS, wake)
    })
  }
  async function round(): Promise<void> {
    try {
      await makeKeys(options)
      await keepEncrypted(options, rounds++ % FULL_EVERY === 0)
    } catch (error) {
      log.warn('key_keeper_failed', { error })
    }
  }
  await resealKeys(store, 'encryption', options.root)
  await resealKeys(store, 'signing', options.sealing)
  await dataKeys.refresh()
  const subscription = await store.listen(KEYS_CHANNEL, wake)
  wake()
  return {
    async close() {
      closed = true
      cancel()
      await subscription.close()
      await running
    },
  }
}

async function makeKeys({
  store,
  log,
  root,
  sealing,
  keyLifeDays,
  publishMs: leadMs,
}: KeyKeeperOptions): Promise<void> {
  await changeKeys(store, async (tx) => {
    const wanted = new Map((await takeKeyRequests(tx)).map(({ purpose, requested_by }) => [purpose, requested_by]))
    if (!wanted.has('signing') && (await signingKeyIsOld(tx, keyLifeDays))) wanted.set('signing', 'age')
    for (const [purpose, by] of wanted) {
      const key =
        purpose === 'signing'
          ? await newSigningKey(sealing)
          : { purpose, id: uuidv7(), sealed: root.encrypt(generateFernetKey()), publicJwk: null }
      await addKey(tx, key, { by, leadMs })
      log.info('key_made', { purpose, key: key.id, by, used_in_ms: leadMs })
    }
    const gone = await dropSpentSigningKeys(tx)
    if (gone.length > 0) log.info('signing_keys_removed', { keys: gone })
  })
}

/** Until a run finds nothing to do; then rarely, and what is spent goes. */
async function keepEncrypted({ store, log, dataKeys }: KeyKeeperOptions, full: boolean): Promise<void> {
  const unsettled = await unsettledKey(store, SETTLED_MS)
  if (!unsettled && !full) return
  await dataKeys.refresh()
  const { rotated, kept, unreadable } = await reencryptAll(store, dataKeys)
  if (rotated > 0 || unreadable > 0) log.info('values_reencrypted', { rotated, kept, unreadable })
  if (rotated > 0) return
  if (unsettled?.after) await settleKey(store, unsettled.id)
  if (!unsettled) await dropFormerKeys(store)
}
