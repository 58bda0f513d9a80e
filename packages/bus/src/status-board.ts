import type { ComponentStatus } from '@stam/contracts'
import { isoTime } from '@stam/runtime'
import { BusError } from './errors.ts'

/** One status out of several parts: up when all are, down with the first error otherwise. */
export class StatusBoard {
  /** Undefined = not up yet and never failed; null = up. */
  readonly #parts = new Map<string, string | null | undefined>()
  readonly #listeners = new Set<(status: ComponentStatus) => void>()
  readonly #onTurn: (error: string | null) => void
  #status: ComponentStatus = { name: 'rabbitmq', state: 'connecting', since: isoTime(Date.now()), error: null }

  constructor(onTurn: (error: string | null) => void) {
    this.#onTurn = onTurn
  }

  get status(): ComponentStatus {
    return this.#status
  }

  /** A part that has to come up, too. One added to a bus that is up does not make it look down while it connects. */
  add(part: string): void {
    if (!this.#parts.has(part)) this.#parts.set(part, this.#status.state === 'up' ? null : undefined)
  }

  set(part: string, error: string | null): void {
    this.#parts.set(part, error)
    const values = [...this.#parts.values()]
    const failure = values.find((value) => typeof value === 'string')
    const state = failure !== undefined ? 'down' : values.includes(undefined) ? 'connecting' : 'up'
    this.#show(state, failure ?? null)
  }

  close(): void {
    this.#show('off', null)
    this.#listeners.clear()
  }

  listen(listener: (status: ComponentStatus) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  waitUntilUp(timeoutMs: number): Promise<void> {
    if (this.#status.state === 'up') return Promise.resolve()
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        ignore()
        const because = this.#status.error === null ? '' : `: ${this.#status.error}`
        reject(new BusError('BUS_UNAVAILABLE', `the broker was not reached within ${timeoutMs} ms${because}`))
      }, timeoutMs)
      const ignore = this.listen(({ state }) => {
        if (state !== 'up') return
        clearTimeout(timer)
        ignore()
        resolve()
      })
    })
  }

  #show(state: ComponentStatus['state'], error: string | null): void {
    // `since` is when it turned up or down; a new reason for the same outage does not move it.
    const turned = state !== this.#status.state
    if (!turned && error === this.#status.error) return
    this.#status = { name: 'rabbitmq', state, since: turned ? isoTime(Date.now()) : this.#status.since, error }
    if (turned && (state === 'up' || state === 'down')) this.#onTurn(error)
    for (const listener of this.#listeners) listener(this.#status)
  }
}
