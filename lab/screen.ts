/**
 * An operator's screen without pixels: signs in, subscribes, replays, reconnects to whichever backend answers, and remembers what it was shown.
 * The drills balance what screens show against what the database holds.
 */
import type { AlarmList, AlarmSummary, Channel, PanelLive, ServerMessage } from '@stam/contracts'
import { WebSocket } from 'ws'
import { pause } from './child.ts'
import type { Operator } from './stack.ts'

const RECONNECT_MS = 250
const ANSWER_MS = 5_000

export class Screen {
  readonly alarms = new Map<string, AlarmSummary>()
  /** What it was told last of each panel's link, and when, on the monotonic clock; only with the channel `panels`. */
  readonly links = new Map<string, { readonly connection: PanelLive['connection']; readonly at: number }>()
  /** Milliseconds from the worker's receipt of the newest event to this screen, one per message. */
  readonly latencies: number[] = []
  readonly outages: number[] = []
  duplicates = 0
  outOfOrder = 0
  reconnects = 0
  lastSequence = 0
  lastError = ''
  readonly #urls: readonly string[]
  readonly #operator: Operator
  readonly #session: { token: string }
  readonly #channels: readonly Channel[]
  #socket: WebSocket | undefined
  #turn: number
  #isClosed = false
  #running: Promise<void> = Promise.resolve()
  #pendingReplay = false

  /** @param session shared by screens of one operator: hashing a password is meant to be slow */
  constructor(
    urls: readonly string[],
    operator: Operator,
    turn = 0,
    session = { token: '' },
    channels: readonly Channel[] = ['alarms', 'system'],
  ) {
    this.#session = session
    this.#channels = channels
    this.#urls = urls
    this.#operator = operator
    this.#turn = turn
  }

  /** Resolves when the first list is on the screen and the stream runs. */
  async open(): Promise<void> {
    await this.#connect()
    this.#running = this.#keepOpen()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#socket?.terminate()
    await this.#running
  }

  /** Breaks the connection off, as a network would; it comes back by itself. */
  drop(): void {
    this.#socket?.terminate()
  }

  /** Signals in all alarms on the screen that are not closed. */
  get shown(): number {
    let sum = 0
    for (const alarm of this.alarms.values()) {
      if (alarm.status !== 'CLOSED') sum += alarm.event_count + alarm.repeat_count
    }
    return sum
  }

  /** The same for one panel. */
  shownOf(panelId: string): number {
    let sum = 0
    for (const alarm of this.alarms.values()) {
      if (alarm.panel_id === panelId) sum += alarm.event_count + alarm.repeat_count
    }
    return sum
  }

  async #keepOpen(): Promise<void> {
    while (!this.#isClosed) {
      await new Promise<void>((resolve) => {
        if (this.#socket === undefined || this.#socket.readyState === WebSocket.CLOSED) resolve()
        else this.#socket.once('close', () => resolve())
      })
      const lostAt = performance.now()
      while (!this.#isClosed) {
        this.#turn++
        try {
          await this.#connect()
          this.reconnects++
          this.outages.push(performance.now() - lostAt)
          break
        } catch (error) {
          this.lastError = (error as Error).message
          await pause(RECONNECT_MS)
        }
      }
    }
  }

  get #url(): string {
    return this.#urls[this.#turn % this.#urls.length] as string
  }

  async #request<T>(path: string, init: RequestInit = {}): Promise<T> {
    const answer = await fetch(this.#url + path, {
      ...init,
      headers: {
        'content-type': 'application/json',
        origin: this.#url,
        authorization: `Bearer ${this.#session.token}`,
      },
      signal: AbortSignal.timeout(ANSWER_MS),
    })
    if (!answer.ok) throw Object.assign(new Error(`${path} answered ${answer.status}`), { status: answer.status })
    return (await answer.json()) as T
  }

  async #connect(): Promise<void> {
    if (this.#session.token === '') await this.#signIn()
    let ticket: string
    try {
      ;({ ticket } = await this.#request<{ ticket: string }>('/api/auth/ws-ticket', { method: 'POST', body: '{}' }))
    } catch (error) {
      if ((error as { status?: number }).status === 401) this.#session.token = ''
      throw error
    }
    if (this.lastSequence === 0) await this.#loadList()
    const url = this.#url
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws?ticket=${encodeURIComponent(ticket)}`, {
      origin: url,
    })
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        socket.terminate()
        reject(new Error('no answer on the socket'))
      }, ANSWER_MS)
      socket.on('error', reject)
      socket.once('close', () => reject(new Error('closed before it was open')))
      socket.on('message', (data) => {
        const message = JSON.parse(String(data)) as ServerMessage
        this.#take(message)
        if (message.type === 'subscribed') {
          this.#pendingReplay = true
          socket.send(JSON.stringify({ type: 'replay_request', last_sequence_id: this.lastSequence }))
        }
        if (message.type === 'replay_done') {
          this.#pendingReplay = false
          clearTimeout(timer)
          resolve()
        }
        if (message.type === 'replay_overflow') {
          clearTimeout(timer)
          void pause(message.data.retry_after_ms).then(() => this.#loadList().then(resolve, reject))
        }
      })
      socket.once('open', () => socket.send(JSON.stringify({ type: 'subscribe', channels: this.#channels })))
    })
    this.#socket = socket
  }

  async #signIn(): Promise<void> {
    const session = await this.#request<{ access_token: string }>('/api/auth/login', {
      method: 'POST',
      body: JSON.stringify(this.#operator),
    })
    this.#session.token = session.access_token
  }

  /** A snapshot replaces, it does not merge. */
  async #loadList(): Promise<void> {
    const alarms = new Map<string, AlarmSummary>()
    let position: number | undefined
    for (let after: string | null = ''; after !== null; ) {
      const page: AlarmList = await this.#request(
        `/api/alarms?limit=100&test=all${after === '' ? '' : `&after=${encodeURIComponent(after)}`}`,
      )
      position ??= page.stream_position
      for (const alarm of page.data) alarms.set(alarm.id, alarm)
      after = page.next
    }
    this.alarms.clear()
    for (const [id, alarm] of alarms) this.alarms.set(id, alarm)
    this.lastSequence = position ?? 0
  }

  #take(message: ServerMessage): void {
    if (message.type === 'panel.status') {
      const { panel_id, connection } = message.data
      if (this.links.get(panel_id)?.connection !== connection)
        this.links.set(panel_id, { connection, at: performance.now() })
    }
    if (message.sequence_id === null || message.sequence_id === undefined) return
    if (message.sequence_id <= this.lastSequence) {
      this.duplicates++
      return
    }
    // Numbers a screen may not see, or that are not alarms, are skipped by the server: order, not density, is promised.
    this.lastSequence = message.sequence_id
    if (message.type !== 'alarm.new' && message.type !== 'alarm.updated' && message.type !== 'alarm.closed') return
    const known = this.alarms.get(message.data.id)
    if (known !== undefined && known.version >= message.data.version) this.outOfOrder++
    else {
      this.alarms.set(message.data.id, message.data)
      if (!this.#pendingReplay) this.latencies.push(Date.now() - Date.parse(message.data.last_seen))
    }
  }
}
