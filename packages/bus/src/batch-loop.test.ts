import { eventually } from '@stam/testkit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BatchLoop, type Held } from './batch-loop.ts'
import { type BusEvent, type Delivery, type DeliveryOutcome, done, hold, reject, retry } from './bus.ts'

interface Item extends Held {
  readonly number: number
}

interface Account {
  readonly batches: Delivery[][]
  readonly acked: number[]
  readonly buried: [number, string][]
  readonly events: BusEvent[]
  /** Acks and batches in the order they happened. */
  readonly history: ({ readonly batch: number[] } | { readonly settled: number[] })[]
}

function item(number: number): Item {
  return { number, content: { message: { panel_seq: number } as never }, messageId: `${number}`, redelivered: false }
}

function numberOf(delivery: Delivery): number {
  return (delivery.message as unknown as { panel_seq: number }).panel_seq
}

function start(
  handler: (batch: readonly Delivery[]) => Promise<readonly DeliveryOutcome[]>,
  options: {
    batchSize?: number
    redeliveryLimit?: number
    isOutage?: (error: unknown) => boolean
    deadLetterFails?: number
  } = {},
): { loop: BatchLoop<Item>; account: Account } {
  const account: Account = { batches: [], acked: [], buried: [], events: [], history: [] }
  let deadLetterFails = options.deadLetterFails ?? 0
  const loop = new BatchLoop<Item>({
    queue: 'events.processing.0',
    partition: 0,
    subscription: {
      batchSize: options.batchSize ?? 3,
      batchWaitMs: 0,
      handler: (batch) => {
        account.batches.push([...batch])
        account.history.push({ batch: batch.map(numberOf) })
        return handler(batch)
      },
      ...(options.isOutage ? { isOutage: options.isOutage } : {}),
    },
    settlement: {
      ack: (items) => {
        account.acked.push(...items.map(({ number }) => number))
        account.history.push({ settled: items.map(({ number }) => number) })
      },
      deadLetter: async ({ number }, reason) => {
        if (deadLetterFails-- > 0) throw new Error('the broker is away')
        account.buried.push([number, reason])
      },
    },
    redeliveryLimit: options.redeliveryLimit ?? 3,
    redeliveryDelayMs: { first: 0, longest: 0 },
    onEvent: (event) => account.events.push(event),
  })
  return { loop, account }
}

function until(condition: () => boolean): Promise<true> {
  return eventually(condition, { everyMs: 1, deadlineMs: 10_000 })
}

describe('BatchLoop', () => {
  it('keeps order and settles each message once, whatever the handler answers', async () => {
    const answer = fc.constantFrom('done', 'done', 'done', 'retry', 'hold', 'reject', 'throw', 'outage' as const)
    await fc.assert(
      fc.asyncProperty(
        fc.infiniteStream(answer),
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 7 }),
        async (answers, count, batchSize) => {
          const next = () => answers.next().value
          const { loop, account } = start(
            async (batch) =>
              batch.map(() => {
                const value = next()
                if (value === 'throw') throw new Error('bug')
                if (value === 'outage') throw new TypeError('database away')
                return value === 'done'
                  ? done
                  : value === 'retry'
                    ? retry('r')
                    : value === 'hold'
                      ? hold('h')
                      : reject('x')
              }),
            { batchSize, isOutage: (error) => error instanceof TypeError },
          )
          for (let number = 1; number <= count; number++) loop.push(item(number))
          await until(() => account.acked.length >= count)
          await loop.stop()
          expectSettledOnce(account, count)
          expectNothingOvertakes(account)
          expectLimitKept(account)
        },
      ),
      { numRuns: 100 },
    )
  })

  it('makes a dead letter at once of what is no message, without handing it over', async () => {
    const { loop, account } = start(async (batch) => batch.map(() => done))
    loop.push({ ...item(1), content: { problem: 'not JSON' } })
    loop.push(item(2))
    await until(() => account.acked.length === 2)
    await loop.stop()
    expect(account.buried).toEqual([[1, 'not JSON']])
    expect(account.batches.flat().map(numberOf)).toEqual([2])
  })

  it('keeps a message until its dead letter is safe', async () => {
    const { loop, account } = start(async (batch) => batch.map(() => reject('no')), { deadLetterFails: 3 })
    loop.push(item(1))
    await until(() => account.acked.length === 1)
    await loop.stop()
    expect(account.history.at(-1)).toEqual({ settled: [1] })
    expect(account.buried).toEqual([[1, 'no']])
  })

  it('takes a handler that answers for another number of deliveries as failed', async () => {
    const { loop, account } = start(async () => [done], { batchSize: 2 })
    loop.push(item(1))
    loop.push(item(2))
    await until(() => account.acked.length === 2)
    await loop.stop()
    // Twice as a pair, then one by one, where one answer is right.
    expect(account.batches.map((batch) => batch.map(numberOf))).toEqual([[1, 2], [1, 2], [1], [2]])
    expect(account.buried).toEqual([])
  })

  it('says nothing to a broker that is gone, and waits for the handler to finish', async () => {
    let finish = () => {}
    const { loop, account } = start(async (batch) => {
      await new Promise<void>((resolve) => {
        finish = resolve
      })
      return batch.map(() => done)
    })
    loop.push(item(1))
    await until(() => account.batches.length === 1)
    let ended = false
    const ending = loop.abort().then(() => {
      ended = true
    })
    await new Promise((resolve) => setImmediate(resolve))
    expect(ended).toBe(false)
    finish()
    await ending
    expect(account.acked).toEqual([])
  })

  it('ends at once when it waits between attempts', async () => {
    const { loop, account } = start(async (batch) => batch.map(() => hold('away')))
    loop.push(item(1))
    await until(() => account.batches.length > 3)
    await loop.stop()
    expect(account.acked).toEqual([])
  })
})

function expectSettledOnce(account: Account, count: number): void {
  expect([...account.acked].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, index) => index + 1))
  expect(new Set(account.buried.map(([number]) => number)).size).toBe(account.buried.length)
}

/** When a message is handed over for the first time, everything of an earlier batch is settled. */
function expectNothingOvertakes(account: Account): void {
  const seen = new Set<number>()
  const settled = new Set<number>()
  let last = 0
  for (const entry of account.history) {
    if ('settled' in entry) {
      for (const number of entry.settled) settled.add(number)
      continue
    }
    const fresh = entry.batch.filter((number) => !seen.has(number))
    if (fresh.length > 0) expect([...seen].filter((number) => !settled.has(number))).toEqual([])
    expect(entry.batch).toEqual([...entry.batch].sort((a, b) => a - b))
    for (const number of fresh) {
      expect(number).toBe(last + 1)
      last = number
      seen.add(number)
    }
  }
}

/** The count a handler sees never passes the limit, and only failures count. */
function expectLimitKept(account: Account): void {
  for (const delivery of account.batches.flat()) {
    expect(delivery.deliveries).toBeGreaterThanOrEqual(1)
    expect(delivery.deliveries).toBeLessThanOrEqual(4)
  }
}
