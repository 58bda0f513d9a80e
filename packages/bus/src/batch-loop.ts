import { setImmediate as nextTurn } from 'node:timers/promises'
import type { BusMessage } from '@stam/contracts'
import { backoffDelayMs } from '@stam/runtime'
import { type BusEvent, type Delivery, type DeliveryOutcome, hold, retry, type Subscription } from './bus.ts'

/** One message in hand, not yet settled with the broker. */
export interface Held {
  /** The decoded message, or why it cannot be one. */
  readonly content: { readonly message: BusMessage } | { readonly problem: string }
  readonly messageId: string | null
  readonly redelivered: boolean
}

/** The broker's side of one partition: what becomes of messages in hand. */
export interface Settlement<Item extends Held> {
  /** These are done with; in the order they came. */
  ack(items: readonly Item[]): void
  /** Resolves once the dead letter is safely kept; the loop acknowledges the message after that. */
  deadLetter(item: Item, reason: string): Promise<void>
}

export interface BatchLoopOptions<Item extends Held> {
  readonly queue: string
  readonly partition: number
  readonly subscription: Pick<Subscription, 'batchSize' | 'batchWaitMs' | 'handler' | 'isOutage'>
  readonly settlement: Settlement<Item>
  readonly redeliveryLimit: number
  readonly redeliveryDelayMs: { readonly first: number; readonly longest: number }
  readonly onEvent: (event: BusEvent) => void
  /** Called when an outage has lasted for `afterMs`, its first failed batch included; the loop goes on until it is told to end. */
  readonly longOutage?: { readonly afterMs: number; readonly onceLong: () => void }
}

interface Entry<Item extends Held> {
  readonly item: Item
  /** Times handed over; waits for an outage are not counted. */
  deliveries: number
}

/** What the handler made of a batch: an outcome each, or "take it apart". */
type Result = { readonly outcomes: readonly DeliveryOutcome[] } | { readonly apart: true }

/** Deliveries of a batch as a whole before it is taken apart. */
const WHOLE_DELIVERIES = 2

/**
 * Hands the messages of one partition to the handler: one batch at a time, in order. What must be retried goes first and
 * alone, so nothing overtakes it; that is why redelivery happens here and not by giving messages back to the broker, which
 * would let those already sent ahead pass by. A batch that throws twice is taken apart, so that one bad message becomes a
 * dead letter without its neighbours.
 */
export class BatchLoop<Item extends Held> {
  readonly #options: BatchLoopOptions<Item>
  readonly #incoming: Entry<Item>[] = []
  /** Handed over and not settled, oldest first; they go again before anything new. */
  #again: Entry<Item>[] = []
  /** How many at the head of `#again` go one by one. */
  #apart = 0
  /** Batches in a row that left something to be done again. */
  #failures = 0
  /** When the first of them in a row was handed over that came back for an outage. */
  #outageSince: number | undefined
  #stopping = false
  #aborted = false
  #onPush = () => {}
  #onStop = () => {}
  readonly #ended: Promise<void>

  constructor(options: BatchLoopOptions<Item>) {
    this.#options = options
    this.#ended = this.#run()
  }

  push(item: Item): void {
    this.#incoming.push({ item, deliveries: 0 })
    this.#onPush()
  }

  /** Finishes and settles the batch in hand, hands over nothing more. What is left is the broker's to send again. */
  stop(): Promise<void> {
    this.#stopping = true
    this.#onStop()
    return this.#ended
  }

  /** The broker is gone and will send everything unsettled again: lets the handler finish, forgets its outcome. */
  abort(): Promise<void> {
    this.#aborted = true
    return this.stop()
  }

  async #run(): Promise<void> {
    for (;;) {
      const batch = await this.#nextBatch()
      if (batch.length === 0) return
      const handedOverAt = performance.now()
      const result = await this.#handOver(batch)
      if (this.#aborted) return
      await this.#settle(batch, result)
      this.#noteOutage(handedOverAt, result)
      if (this.#failures > 0) await this.#pause(this.#delayMs(this.#failures))
    }
  }

  /** The next messages to hand over, all valid; empty when the loop shall end. */
  async #nextBatch(): Promise<Entry<Item>[]> {
    const { batchSize, batchWaitMs } = this.#options.subscription
    while (!this.#stopping) {
      if (this.#again.length > 0) return this.#again.splice(0, this.#apart > 0 ? 1 : batchSize)
      if (this.#incoming.length === 0) {
        await this.#pause(Number.POSITIVE_INFINITY, () => this.#incoming.length > 0)
        continue
      }
      // What came in the same packet is announced message by message: one turn of the event loop lets it gather.
      await nextTurn()
      if (batchWaitMs > 0) await this.#pause(batchWaitMs, () => this.#incoming.length >= batchSize)
      if (this.#stopping) break
      const valid = await this.#buryInvalid(this.#incoming.splice(0, batchSize))
      if (valid.length > 0) return this.#stopping ? [] : valid
    }
    return []
  }

  /** Makes dead letters of what is no message; gives back the rest. */
  async #buryInvalid(batch: Entry<Item>[]): Promise<Entry<Item>[]> {
    const valid: Entry<Item>[] = []
    for (const entry of batch) {
      if ('message' in entry.item.content) valid.push(entry)
      else await this.#bury(entry, entry.item.content.problem)
    }
    return valid
  }

  async #handOver(batch: readonly Entry<Item>[]): Promise<Result> {
    const { subscription, queue, partition, redeliveryLimit, onEvent } = this.#options
    for (const entry of batch) entry.deliveries++
    try {
      const outcomes = await subscription.handler(batch.map((entry) => asDelivery(entry, partition)))
      if (outcomes.length === batch.length) return { outcomes }
      throw new Error(`the handler returned ${outcomes.length} outcomes for ${batch.length} deliveries`)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      if (subscription.isOutage?.(error)) return { outcomes: batch.map(() => hold(reason)) }
      onEvent({ kind: 'batch-failed', queue, size: batch.length, error: reason })
      const wholeDeliveries = Math.min(WHOLE_DELIVERIES, redeliveryLimit)
      const worn = batch.length > 1 && batch.some((entry) => entry.deliveries >= wholeDeliveries)
      return worn ? { apart: true } : { outcomes: batch.map(() => retry(reason)) }
    }
  }

  async #settle(batch: readonly Entry<Item>[], result: Result): Promise<void> {
    if ('apart' in result) {
      // The batch failed, nobody knows through whom: it takes nobody's last delivery.
      for (const entry of batch) if (entry.deliveries > this.#options.redeliveryLimit) entry.deliveries--
      this.#again = [...batch, ...this.#again]
      this.#apart = this.#again.length
      this.#failures++
      return
    }
    const again: Entry<Item>[] = []
    const finished: Item[] = []
    let heldFor: string | undefined
    for (const [index, entry] of batch.entries()) {
      const verdict = result.outcomes[index] as DeliveryOutcome
      if (verdict.outcome === 'done') finished.push(entry.item)
      else if (verdict.outcome === 'hold') {
        entry.deliveries--
        heldFor ??= verdict.reason
        again.push(entry)
      } else if (verdict.outcome === 'retry' && entry.deliveries <= this.#options.redeliveryLimit) again.push(entry)
      else if (verdict.outcome === 'retry')
        await this.#bury(entry, `failed ${entry.deliveries} times: ${verdict.reason}`)
      else await this.#bury(entry, verdict.reason)
    }
    if (finished.length > 0 && !this.#aborted) this.#options.settlement.ack(finished)
    if (heldFor !== undefined && this.#failures === 0) {
      this.#options.onEvent({ kind: 'held', queue: this.#options.queue, size: again.length, reason: heldFor })
    }
    if (this.#apart > 0 && again.length === 0) this.#apart--
    this.#again = [...again, ...this.#again]
    this.#failures = again.length > 0 ? this.#failures + 1 : 0
  }

  #noteOutage(handedOverAt: number, result: Result): void {
    const isAway = 'outcomes' in result && result.outcomes.some(({ outcome }) => outcome === 'hold')
    this.#outageSince = isAway ? (this.#outageSince ?? handedOverAt) : undefined
    const { longOutage } = this.#options
    if (longOutage && this.#outageSince !== undefined && performance.now() - this.#outageSince >= longOutage.afterMs)
      longOutage.onceLong()
  }

  /** Keeps at it until the dead letter is safe, or the message is the broker's again because the loop ends. */
  async #bury(entry: Entry<Item>, reason: string): Promise<void> {
    const { settlement, queue, onEvent } = this.#options
    for (let attempt = 1; !this.#aborted; attempt++) {
      try {
        await settlement.deadLetter(entry.item, reason)
        if (this.#aborted) return
        settlement.ack([entry.item])
        onEvent({ kind: 'dead-letter', queue, message_id: entry.item.messageId, reason })
        return
      } catch {
        if (this.#stopping) return
        await this.#pause(this.#delayMs(attempt))
      }
    }
  }

  #delayMs(attempt: number): number {
    const { first, longest } = this.#options.redeliveryDelayMs
    return backoffDelayMs({ initialMs: first, maxMs: longest, jitter: 0.3 }, attempt)
  }

  /** Sleeps until the time is over, the loop shall stop, or `enough` is true after a message came. */
  async #pause(ms: number, enough?: () => boolean): Promise<void> {
    if (this.#stopping || enough?.()) return
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      if (ms !== Number.POSITIVE_INFINITY) timer = setTimeout(resolve, ms)
      this.#onStop = resolve
      if (enough) this.#onPush = () => enough() && resolve()
    })
    clearTimeout(timer)
    this.#onStop = () => {}
    this.#onPush = () => {}
  }
}

function asDelivery<Item extends Held>({ item, deliveries }: Entry<Item>, partition: number): Delivery {
  const { message } = item.content as { message: BusMessage }
  return { message, redelivered: item.redelivered || deliveries > 1, deliveries, partition }
}
