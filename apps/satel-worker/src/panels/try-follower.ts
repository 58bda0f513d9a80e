/** Tries for people whether a module answers, and leaves alone every module that one of our own links serves. */
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { ConnectionTryAnswer } from '@stam/contracts'
import type { Clock, Log } from '@stam/runtime'
import {
  type AskedTry,
  answerTry,
  namedPanelsAtPort,
  panelAtAddress,
  type Store,
  TRIES_CHANNEL,
  takeTry,
} from '@stam/store'
import { tryConnection } from './try-connection.ts'

export interface TryFollowerOptions {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly workerId: string
  readonly answerTimeoutMs: number
  /** Opens an encrypted integration key. */
  readonly openKey: (token: string) => Promise<string>
}

/** People's doing, and never in the way of the panels: further ones wait or are another worker's. */
const AT_ONCE = 2
const LOOKUP_MS = 3_000
const DIAL_MS = 4_000
const LIMIT_MS = 14_000

const nothing = { took_ms: null, identity: null, panel_id: null }

export class TryFollower {
  readonly #options: TryFollowerOptions
  readonly #running = new Set<Promise<void>>()
  #listening: { close(): Promise<void> } | undefined
  #isClosed = false

  constructor(options: TryFollowerOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    this.#listening = await this.#options.store.listen(TRIES_CHANNEL, () => this.#look()).catch(() => undefined)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#listening?.close().catch(() => {})
    await Promise.all(this.#running)
  }

  #look(): void {
    if (this.#isClosed || this.#running.size >= AT_ONCE) return
    const work = this.#takeOne()
      .catch((error: unknown) => {
        this.#options.log.warn('try_failed', { error })
        return false
      })
      .then((wasOne) => {
        this.#running.delete(work)
        if (wasOne) this.#look()
      })
    this.#running.add(work)
  }

  async #takeOne(): Promise<boolean> {
    const { store, log, workerId } = this.#options
    const asked = await takeTry(store, workerId)
    if (asked === null) return false
    // Another may be waiting behind this one.
    this.#look()
    const answer = await this.#answer(asked).catch((error: unknown) => {
      log.warn('try_failed', { error })
      return { ...nothing, outcome: 'no_worker' as const }
    })
    log.info('connection_tried', { outcome: answer.outcome, took_ms: answer.took_ms })
    await answerTry(store, asked.id, answer)
    return true
  }

  async #answer(asked: AskedTry): Promise<ConnectionTryAnswer> {
    const { clock, answerTimeoutMs, openKey } = this.#options
    const address = await this.#within(addressOf(asked.host))
    if (address === null) return { ...nothing, outcome: 'unknown_host' }
    const panelId = await this.#panelBehind(asked, address)
    if (panelId !== null) return { ...nothing, outcome: 'in_use', panel_id: panelId }
    const integrationKey = asked.encryptedKey === null ? undefined : await openKey(asked.encryptedKey)
    const { port } = asked
    const tried = await tryConnection({
      address,
      port,
      integrationKey,
      clock,
      dialTimeoutMs: DIAL_MS,
      answerTimeoutMs,
      limitMs: LIMIT_MS,
    })
    return { ...tried, panel_id: null }
  }

  /** The panel that is served there, under whatever name. A second client may displace the first. */
  async #panelBehind({ host, port }: AskedTry, address: string): Promise<string | null> {
    const { store } = this.#options
    const direct = await panelAtAddress(store, [host, address], port)
    if (direct !== null) return direct
    const named = await namedPanelsAtPort(store, port)
    const found = named.map(async (panel) => ((await addressOf(panel.host)) === address ? panel.panel_id : null))
    // Names nobody knows within the time are no working panel's.
    const known = await Promise.all(found.map((one) => this.#within(one)))
    return known.find((id) => id !== null) ?? null
  }

  async #within<Value>(work: Promise<Value | null>): Promise<Value | null> {
    let cancel = () => {}
    const tooLong = new Promise<null>((resolve) => {
      cancel = this.#options.clock.setTimer(LOOKUP_MS, () => resolve(null))
    })
    try {
      return await Promise.race([work, tooLong])
    } finally {
      cancel()
    }
  }
}

/** Null: nobody knows this name. */
async function addressOf(host: string): Promise<string | null> {
  if (isIP(host) !== 0) return host
  return lookup(host).then(
    ({ address }) => address,
    () => null,
  )
}
