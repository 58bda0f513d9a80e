import { backoffDelayMs, type Clock, type Log } from '@stam/runtime'
import pg from 'pg'

/** The payload, or null: notifications may have been missed, look for yourself. */
export type ListenCallback = (payload: string | null) => void

export interface Subscription {
  close(): Promise<void>
}

const RECONNECT = { initialMs: 100, maxMs: 5_000, jitter: 0.5 }
/** A half-open connection says nothing and LISTEN never asks; so ask. */
const PROBE_MS = 10_000

/** One connection for all channels of a process; reconnects by itself for as long as somebody listens. */
export class Listener {
  readonly #config: pg.ClientConfig
  readonly #log: Log
  readonly #clock: Clock
  readonly #channels = new Map<string, Set<ListenCallback>>()
  #client: pg.Client | undefined
  #connecting: Promise<void> | undefined
  #attempt = 0
  #cancelTimer: () => void = () => {}
  #closed = false

  constructor(options: { config: pg.ClientConfig; log: Log; clock: Clock }) {
    this.#config = options.config
    this.#log = options.log
    this.#clock = options.clock
  }

  /** Resolves when the first attempt to connect is over; if it failed, further ones follow. */
  async listen(channel: string, callback: ListenCallback): Promise<Subscription> {
    const callbacks = this.#channels.get(channel) ?? new Set()
    callbacks.add(callback)
    this.#channels.set(channel, callbacks)
    if (this.#client) {
      await this.#client
        .query(`LISTEN ${pg.escapeIdentifier(channel)}`)
        .catch((error) => this.#lost(this.#client, error))
      callback(null)
    } else {
      await this.#connect()
    }
    return {
      close: async () => {
        callbacks.delete(callback)
        if (callbacks.size > 0 || this.#channels.get(channel) !== callbacks) return
        this.#channels.delete(channel)
        if (this.#channels.size === 0) await this.#drop()
        else await this.#client?.query(`UNLISTEN ${pg.escapeIdentifier(channel)}`).catch(() => {})
      },
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#channels.clear()
    await this.#drop()
  }

  /** Found out elsewhere: no need to wait for the next question of our own. */
  lineIsSilent(): void {
    this.#lost(this.#client, new Error('nobody answers'))
  }

  #connect(): Promise<void> {
    this.#connecting ??= this.#open().finally(() => {
      this.#connecting = undefined
    })
    return this.#connecting
  }

  async #open(): Promise<void> {
    this.#cancelTimer()
    const client = new pg.Client({ ...this.#config, connectionTimeoutMillis: 5_000, query_timeout: 5_000 })
    client.on('error', (error) => this.#lost(client, error))
    client.on('end', () => this.#lost(client, new Error('connection ended')))
    client.on('notification', ({ channel, payload }) => {
      for (const callback of this.#channels.get(channel) ?? []) callback(payload ?? '')
    })
    try {
      await client.connect()
      for (const channel of this.#channels.keys()) await client.query(`LISTEN ${pg.escapeIdentifier(channel)}`)
    } catch (error) {
      await client.end().catch(() => {})
      this.#retryLater(error)
      return
    }
    if (this.#closed || this.#channels.size === 0) {
      await client.end().catch(() => {})
      return
    }
    this.#client = client
    this.#attempt = 0
    this.#probeLater(client)
    for (const callbacks of this.#channels.values()) for (const callback of callbacks) callback(null)
  }

  #probeLater(client: pg.Client): void {
    this.#cancelTimer = this.#clock.setTimer(PROBE_MS, () => {
      client.query('SELECT 1').then(
        () => {
          if (client === this.#client) this.#probeLater(client)
        },
        (error) => this.#lost(client, error),
      )
    })
  }

  #lost(client: pg.Client | undefined, error: unknown): void {
    if (client === undefined || client !== this.#client) return
    this.#client = undefined
    // end() on a half-open socket may never finish; nobody waits for it.
    client.end().catch(() => {})
    this.#retryLater(error)
  }

  #retryLater(error: unknown): void {
    this.#cancelTimer()
    if (this.#closed || this.#channels.size === 0) return
    this.#attempt++
    const delayMs = backoffDelayMs(RECONNECT, this.#attempt)
    this.#log.warn('database_listen_lost', { error, retry_in_ms: delayMs })
    this.#cancelTimer = this.#clock.setTimer(delayMs, () => void this.#connect())
  }

  async #drop(): Promise<void> {
    this.#cancelTimer()
    await this.#connecting
    this.#cancelTimer()
    const client = this.#client
    this.#client = undefined
    await client?.end().catch(() => {})
  }
}
