/** Alarms and the health page while the backend is being fuzzed: nothing of it may stop, lose or double them. */
import type { ServerMessage } from '@stam/contracts'
import type { WebSocket } from 'ws'
import { signIn } from '../../bench/api-client.ts'
import { sampleEvents } from '../../bench/sample-events.ts'
import { waitUntil } from '../../bench/wait-until.ts'
import { HttpConnection } from './http-connection.ts'
import type { World } from './world.ts'

export interface HeartbeatReport {
  readonly sent: number
  readonly lost: number
  readonly doubled: number
  readonly latencies: readonly number[]
  readonly healthMs: readonly number[]
  readonly loopPauseMs: number
  readonly faults: readonly string[]
}

const EVERY_MS = 400
const SETTLE_MS = 20_000

export class Heartbeat {
  readonly #world: World
  readonly #sent: { readonly panelId: string; readonly nth: number; readonly at: number; readonly eventId: string }[] =
    []
  readonly #shown = new Map<string, number>()
  readonly #counts = new Map<string, number>()
  readonly #latencies: number[] = []
  readonly #healthMs: number[] = []
  readonly #faults: string[] = []
  #loopPauseMs = 0
  #over = false
  #socket: WebSocket | undefined
  #loop: Promise<unknown> = Promise.resolve()

  private constructor(world: World) {
    this.#world = world
  }

  static async start(world: World): Promise<Heartbeat> {
    const heartbeat = new Heartbeat(world)
    await heartbeat.#watch()
    heartbeat.#loop = Promise.all([heartbeat.#beat(), heartbeat.#askHealth()])
    return heartbeat
  }

  async end(): Promise<HeartbeatReport> {
    this.#over = true
    await this.#loop
    const missing = () => this.#sent.filter(({ panelId, nth }) => (this.#shown.get(panelId) ?? 0) < nth).length
    await waitUntil('every alarm is shown', SETTLE_MS, () => missing() === 0).catch(() => {})
    this.#socket?.close()
    const { lost, doubled } = await this.#books()
    if (missing() > 0) this.#faults.push(`${missing()} alarms were not shown`)
    if (lost + doubled > 0) this.#faults.push(`${lost} alarms lost, ${doubled} doubled`)
    return {
      sent: this.#sent.length,
      lost: Math.max(lost, missing()),
      doubled,
      latencies: this.#latencies,
      healthMs: this.#healthMs,
      loopPauseMs: this.#loopPauseMs,
      faults: this.#faults,
    }
  }

  /** A screen of somebody who sees everything, and proves it again when asked. */
  async #watch(): Promise<void> {
    const watcher = this.#world.actors.find(({ role }) => role === 'OPERATOR')
    if (watcher === undefined) throw new Error('there is no operator')
    const client = await signIn(this.#world.url, watcher.email, watcher.password)
    this.#socket = await client.socket(['alarms'], (message, at) => {
      if (message.type === 'auth_check')
        this.#socket?.send(JSON.stringify({ type: 'auth', access_token: watcher.token }))
      this.#show(message, at)
    })
    this.#socket.on('close', () => {
      if (!this.#over) this.#faults.push('the screen was disconnected')
    })
  }

  /** Events shown of a panel are what all its alarms count together. */
  #show(message: ServerMessage, at: number): void {
    if (!message.type.startsWith('alarm.')) return
    const alarm = message.data as { id: string; panel_id: string | null; event_count: number; repeat_count: number }
    const panelId = alarm.panel_id ?? ''
    const before = this.#counts.get(alarm.id) ?? 0
    const now = Math.max(before, alarm.event_count + alarm.repeat_count)
    this.#counts.set(alarm.id, now)
    const shown = (this.#shown.get(panelId) ?? 0) + now - before
    this.#shown.set(panelId, shown)
    if (now === before) return
    const beat = this.#sent.find((candidate) => candidate.panelId === panelId && candidate.nth === shown)
    if (beat) this.#latencies.push(at - beat.at)
  }

  async #beat(): Promise<void> {
    const { beats } = this.#world
    for (let n = 0; !this.#over; n++) {
      const beat = beats[n % beats.length] as (typeof beats)[number]
      const nth = 1 + Math.floor(n / beats.length)
      const eventId = sampleEvents([beat], 1, nth)[0]?.event_id ?? ''
      this.#sent.push({ panelId: beat.panelId, nth, at: Date.now(), eventId })
      try {
        await this.#world.publish(beat, nth)
        this.#loopPauseMs = Math.max(this.#loopPauseMs, (await this.#world.figures()).loopPauseMs)
      } catch (error) {
        this.#faults.push(`the backend is gone: ${(error as Error).message}`)
        return
      }
      await pause(EVERY_MS)
    }
  }

  async #askHealth(): Promise<void> {
    while (!this.#over) {
      const start = performance.now()
      try {
        const connection = await HttpConnection.open(this.#world.port)
        connection.send(Buffer.from('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'))
        const answer = await connection.answer(10_000)
        connection.close()
        if (answer?.status !== 200) throw new Error(`status ${answer?.status}`)
      } catch (error) {
        this.#faults.push(`health: ${(error as Error).message}`)
      }
      this.#healthMs.push(performance.now() - start)
      await pause(EVERY_MS / 2)
    }
  }

  async #books(): Promise<{ lost: number; doubled: number }> {
    const ids = this.#sent.map(({ eventId }) => eventId)
    const count = async () => {
      const [row] = await this.#world.store.query<{ stored: number; rows: number }>(
        `SELECT count(DISTINCT event_id)::int AS stored, count(*)::int AS rows FROM events WHERE event_id = ANY ($1::uuid[])`,
        [ids],
      )
      return { lost: ids.length - (row?.stored ?? 0), doubled: (row?.rows ?? 0) - (row?.stored ?? 0) }
    }
    let books = await count()
    await waitUntil('every alarm is stored', SETTLE_MS, async () => (books = await count()).lost === 0, 200).catch(
      () => {},
    )
    return books
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
