/** The keys of one purpose as they are now: told at once, asked for every second or two, and whenever something unknown turns up. */
import type { Clock, Log } from '@stam/runtime'
import type { Store } from '../connection.ts'
import { KEYS_CHANNEL, type KeyPurpose, listKeys, type StoredKey } from './keys.ts'

export interface KeyWatch {
  /** Resolves when it has been looked since the call; at most four looks a second, shared by all callers. Never rejects. */
  refresh(): Promise<void>
  close(): Promise<void>
}

const POLL_MS = 2_000
/** Tokens that are simply wrong make us look, too; they must not make us look all the time. */
const AT_MOST_EVERY_MS = 250

export interface KeyWatchOptions {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly purpose: KeyPurpose
  readonly onKeys: (keys: readonly StoredKey[]) => void | Promise<void>
}

/** Rejects when the keys cannot be read at the start; later failures keep what is known. */
export async function watchKeys(options: KeyWatchOptions): Promise<KeyWatch> {
  const { store, clock, log, purpose, onKeys } = options
  let closed = false
  let cancel = () => {}
  let looking: Promise<void> | undefined
  let asked: Promise<void> | undefined
  let lookedAt = Number.NEGATIVE_INFINITY
  const read = async () => onKeys(await listKeys(store, purpose))

  function look(): Promise<void> {
    looking ??= read()
      .then(
        () => {
          lookedAt = clock.monotonic()
        },
        (error) => log.warn('keys_not_read', { purpose, error }),
      )
      .finally(() => {
        looking = undefined
      })
    return looking
  }
  function later(): void {
    if (closed) return
    cancel = clock.setTimer(POLL_MS, () => void look().then(later))
  }
  await read()
  lookedAt = clock.monotonic()
  const subscription = await store.listen(KEYS_CHANNEL, () => {
    if (closed) return
    // What is being read may have been asked for before the change.
    void (looking ?? Promise.resolve()).then(look)
  })
  later()
  return {
    refresh() {
      asked ??= (async () => {
        await looking
        await clock.sleep(Math.max(0, lookedAt + AT_MOST_EVERY_MS - clock.monotonic()))
        asked = undefined
        await look()
      })()
      return asked
    },
    async close() {
      closed = true
      cancel()
      await subscription.close()
      await looking
    },
  }
}
