/**
 * Limits counted in PostgreSQL: one statement at a time, for everybody who asks meanwhile. So a flood costs one connection of the pool and its own
 * patience, however many addresses it comes from, and what people do about alarms keeps the others.
 */
import { hitRateLimits, type LimitHits, type Store } from '@stam/store'

interface Count {
  readonly hits: number
  readonly resetMs: number
}

/** Counts one; the answer is its own place in the window, so of several at once exactly as many are within a limit as it allows. */
export type CountOne = (key: string, windowMs: number) => Promise<Count>

interface Waiting {
  readonly windowMs: number
  readonly asked: PromiseWithResolvers<Count>[]
}

export function countTogether(store: Store): CountOne {
  let waiting = new Map<string, Waiting>()
  let counting = false

  async function countAll(): Promise<void> {
    counting = true
    while (waiting.size > 0) {
      const batch = waiting
      waiting = new Map()
      await countBatch(store, batch)
    }
    counting = false
  }

  return (key, windowMs) => {
    const asked = Promise.withResolvers<Count>()
    const known = waiting.get(key)
    if (known) known.asked.push(asked)
    else waiting.set(key, { windowMs, asked: [asked] })
    if (!counting) void countAll()
    return asked.promise
  }
}

/** Never rejects: those who asked are told. */
async function countBatch(store: Store, batch: ReadonlyMap<string, Waiting>): Promise<void> {
  const counted: LimitHits[] = [...batch].map(([key, { windowMs, asked }]) => ({ key, windowMs, hits: asked.length }))
  try {
    const counts = await hitRateLimits(store, counted)
    for (const [key, { asked }] of batch) {
      const { hits, resetMs } = counts.get(key) as Count
      asked.forEach(({ resolve }, place) => resolve({ hits: hits - asked.length + place + 1, resetMs }))
    }
  } catch (error) {
    for (const { asked } of batch.values()) for (const { reject } of asked) reject(error)
  }
}
