import type { PanelEvent } from '@stam/contracts'
import { expect } from 'vitest'
import { type Bus, type Consumer, type Delivery, done, isBusError, type Subscription } from '../src/index.ts'
import { panelEvent } from './events.ts'

/**
 * Both sides of the account: what was confirmed to the sender, and what the consumers were handed. Each panel sends its
 * events one after the other and repeats one until it is confirmed, as a worker does.
 */
export class Ledger {
  /** Attempts per event id. */
  readonly #attempts = new Map<string, number>()
  readonly #confirmed = new Map<string, PanelEvent>()
  readonly #confirmedAt: number[] = []
  readonly #handed: Delivery[] = []
  readonly #handedAt: number[] = []
  #stop = false

  get confirmed(): number {
    return this.#confirmed.size
  }

  /** Time of the first confirmation after `since` (monotonic ms). */
  firstConfirmationAfter(since: number): number | undefined {
    return this.#confirmedAt.find((at) => at > since)
  }

  /** Longest time without a confirmation (ms) since then. */
  longestSilence(since: number): number {
    const times = [since, ...this.#confirmedAt.filter((at) => at > since)]
    return Math.round(Math.max(...times.slice(1).map((at, index) => at - (times[index] as number))))
  }

  firstDeliveryAfter(since: number): number | undefined {
    return this.#handedAt.find((at) => at > since)
  }

  /** Sends for `panels` panels at once, until told to stop. */
  async send(bus: Bus, panels: number, pauseMs: number): Promise<void> {
    await Promise.all(Array.from({ length: panels }, (_, panel) => this.#sendPanel(bus, panel, pauseMs)))
  }

  stopSending(): void {
    this.#stop = true
  }

  async #sendPanel(bus: Bus, panel: number, pauseMs: number): Promise<void> {
    for (let sequence = 1; !this.#stop; sequence++) {
      const event = panelEvent(panel, sequence)
      while (!(await this.#attempt(bus, event))) await pause(20)
      await pause(pauseMs)
    }
  }

  async #attempt(bus: Bus, event: PanelEvent): Promise<boolean> {
    this.#attempts.set(event.event_id, (this.#attempts.get(event.event_id) ?? 0) + 1)
    try {
      await bus.publish(event)
    } catch (error) {
      if (isBusError(error, 'BUS_UNAVAILABLE')) return false
      throw error
    }
    this.#confirmed.set(event.event_id, event)
    this.#confirmedAt.push(performance.now())
    return true
  }

  /** How long a publisher waits to be told that the broker is away, in ms. */
  async timeOfRefusal(bus: Bus): Promise<number> {
    const began = performance.now()
    expect(await this.#attempt(bus, panelEvent(99, 1))).toBe(false)
    return performance.now() - began
  }

  /** @param before runs at the start of every batch; what it throws the batch fails with */
  consume(bus: Bus, extra: Partial<Subscription> = {}, before: () => void = () => {}): Consumer {
    return bus.consume({
      queue: 'events.processing',
      batchSize: 20,
      batchWaitMs: 0,
      handler: async (batch) => {
        before()
        await pause(2) // a transaction
        this.#handed.push(...batch)
        this.#handedAt.push(performance.now())
        return batch.map(() => done)
      },
      ...extra,
    })
  }

  lost(): number {
    const arrived = new Set(this.#handed.map(idOf))
    return [...this.#confirmed.keys()].filter((id) => !arrived.has(id)).length
  }

  /** Nothing confirmed is missing; each panel's events came in order; a repeat has a reason. Returns the repeats. */
  expectBalanced(): { confirmed: number; repeats: number } {
    expect(this.lost()).toBe(0)
    const seen = new Set<string>()
    const last = new Map<string, number>()
    let repeats = 0
    for (const delivery of this.#handed) {
      const { event_id, panel_id, panel_seq } = delivery.message as PanelEvent
      if (seen.has(event_id)) {
        repeats++
        const reason = delivery.redelivered || (this.#attempts.get(event_id) ?? 0) > 1
        expect(reason, `event ${panel_seq} of a panel came twice without a reason`).toBe(true)
        continue
      }
      seen.add(event_id)
      expect(panel_seq).toBe((last.get(panel_id) ?? 0) + 1)
      last.set(panel_id, panel_seq)
    }
    return { confirmed: this.#confirmed.size, repeats }
  }
}

function idOf({ message }: Delivery): string {
  return (message as PanelEvent).event_id
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
