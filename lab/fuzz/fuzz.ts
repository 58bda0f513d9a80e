/**
 * Odd messages against a real backend process with a real PostgreSQL: HTTP and WebSocket, from everybody, repeatable by seed. Meanwhile
 * alarms flow to a screen and the health page is asked; in the end the books, the memory and the log are looked at.
 */
import { percentile } from '../../bench/report.ts'
import { Heartbeat } from './heartbeat.ts'
import { HttpConnection } from './http-connection.ts'
import { type ApiDocument, type HttpMessage, HttpMessages } from './http-messages.ts'
import { SITE_CANARY } from './hostile-values.ts'
import { type Fault, judgeAnswer, printable } from './judge.ts'
import { createRandom, type Random } from './random.ts'
import { socketTalk, textFrame } from './socket-messages.ts'
import { type Actor, startWorld, type World } from './world.ts'

export interface FuzzOptions {
  readonly seed: number
  readonly messages: number
  /** Ends early, with what was sent until then. */
  readonly limitMs: number
  readonly say: (line: string) => void
}

export interface FuzzReport {
  readonly seed: number
  readonly httpMessages: number
  readonly socketMessages: number
  readonly sockets: number
  readonly seconds: number
  /** Answers by status; 0 = the connection was ended instead. */
  readonly statuses: Readonly<Record<string, number>>
  readonly operations: number
  /** Operations that answered 2xx at least once: how deep the messages reached. */
  readonly operationsReached: number
  /** How often a text that must not get out was seen where it belongs: the search finds what is there. */
  readonly controls: number
  readonly faults: readonly Fault[]
  readonly figures: Readonly<Record<string, number>>
}

const HTTP_WORKERS = 6
const SOCKET_WORKERS = 3
const ANSWER_MS = 30_000
const MOST_FAULTS = 40
const CLIENTS_TOKENS_LIVE_MS = 480_000

export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const world = await startWorld()
  try {
    return await new Fuzz(world, options).run()
  } finally {
    await world.close()
  }
}

class Fuzz {
  readonly #world: World
  readonly #options: FuzzOptions
  readonly #faults: Fault[] = []
  readonly #statuses: Record<string, number> = {}
  readonly #reached = new Set<string>()
  #http = 0
  #frames = 0
  #sockets = 0
  #controls = 0
  #operations = 0
  #over = false
  #failuresInARow = 0

  constructor(world: World, options: FuzzOptions) {
    this.#world = world
    this.#options = options
  }

  async run(): Promise<FuzzReport> {
    const { seed, messages, limitMs } = this.#options
    const world = this.#world
    const document = (await (await fetch(`${world.url}/api/docs/json`)).json()) as ApiDocument
    const heartbeat = await Heartbeat.start(world)
    const warmUp = Math.min(20_000, Math.ceil(messages / 10))
    const started = performance.now()
    const limit = setTimeout(() => (this.#over = true), limitMs)
    const care = this.#takeCare()
    await this.#work(document, 0, warmUp)
    const before = await world.figures(true)
    await this.#work(document, 1_000, messages)
    const seconds = (performance.now() - started) / 1000
    clearTimeout(limit)
    this.#over = true
    await care
    const beats = await heartbeat.end()
    for (const fault of beats.faults) this.#fault(fault, 'alarms meanwhile', null, Buffer.alloc(0), '')
    const after = await world.figures(true)
    await this.#searchLog()
    const metrics = await (await fetch(`${world.url}/metrics`)).text()
    for (const secret of world.secrets)
      if (metrics.includes(secret)) this.#fault('metrics show a secret', '', null, Buffer.alloc(0), '')
    return {
      seed,
      httpMessages: this.#http,
      socketMessages: this.#frames,
      sockets: this.#sockets,
      seconds,
      statuses: this.#statuses,
      operations: this.#operations,
      operationsReached: this.#reached.size,
      controls: this.#controls,
      faults: this.#faults,
      figures: {
        alarms_sent: beats.sent,
        alarms_lost: beats.lost,
        alarms_doubled: beats.doubled,
        alarm_p50_ms: percentile(beats.latencies, 0.5),
        alarm_p99_ms: percentile(beats.latencies, 0.99),
        health_p99_ms: percentile(beats.healthMs, 0.99),
        health_max_ms: percentile(beats.healthMs, 1),
        loop_pause_max_ms: Math.max(beats.loopPauseMs, after.loopPauseMs),
        heap_before_mb: before.heapBytes / 1e6,
        heap_after_mb: after.heapBytes / 1e6,
        heap_ratio: after.heapBytes / before.heapBytes,
        rss_before_mb: before.rssBytes / 1e6,
        rss_after_mb: after.rssBytes / 1e6,
        rss_ratio: after.rssBytes / before.rssBytes,
        resources_before: before.resources,
        resources_after: after.resources,
        metric_series: metrics.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length,
      },
    }
  }

  /** Half over HTTP, half over WebSocket, until that many were sent in all. */
  async #work(document: ApiDocument, branch: number, until: number): Promise<void> {
    const { seed } = this.#options
    const host = new URL(this.#world.url).host
    const http = Array.from({ length: HTTP_WORKERS }, async (_, n) => {
      const random = createRandom(seed, branch + n)
      const messages = new HttpMessages(random, this.#world, document, host)
      this.#operations = messages.operations
      while (!this.#over && this.#http < until / 2) await this.#guarded(() => this.#converse(random, messages))
    })
    const sockets = Array.from({ length: SOCKET_WORKERS }, async (_, n) => {
      const random = createRandom(seed, branch + 100 + n)
      while (!this.#over && this.#frames < until / 2) await this.#guarded(() => this.#talk(random))
    })
    await Promise.all([...http, ...sockets])
  }

  /** A connection that cannot be made or is not answered is a fault; when that goes on, the backend is gone. */
  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work()
      this.#failuresInARow = 0
    } catch (error) {
      if (++this.#failuresInARow > 30) this.#over = true
      this.#fault(`${(error as Error).message}`, 'connection', null, Buffer.alloc(0), '')
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }

  /** One connection: a pipeline of requests, or one that ends it. */
  async #converse(random: Random, messages: HttpMessages): Promise<void> {
    const connection = await HttpConnection.open(this.#world.port)
    try {
      for (let rounds = 1 + random.below(30); rounds > 0 && !connection.ended && !this.#over; rounds--) {
        const batch = [messages.next()]
        while (batch.at(-1)?.answered && batch.length < 8 && random.chance(0.8)) batch.push(messages.next())
        send(connection, Buffer.concat(batch.map(({ bytes }) => bytes)), random)
        const last = batch.at(-1)
        if (last?.answered === false) connection.finish()
        const goesOn = await this.#readAnswers(connection, batch, last?.answered === true)
        if (!goesOn || last?.answered === false) return
      }
    } finally {
      connection.close()
    }
  }

  /** @param owed whether each must be answered. @returns whether the connection can be used again */
  async #readAnswers(connection: HttpConnection, batch: readonly HttpMessage[], owed: boolean): Promise<boolean> {
    for (const [place, message] of batch.entries()) {
      const asked = performance.now()
      const answer = await connection.answer(ANSWER_MS).catch((error: Error) => {
        // What came after an answer without a body (HEAD) cannot be told from garbage; the status was judged.
        if (message.answered)
          this.#fault(error.message, message.what, message.actor, message.bytes, printable(connection.unread))
        connection.close()
        return null
      })
      this.#http++
      this.#statuses[answer?.status ?? 0] = (this.#statuses[answer?.status ?? 0] ?? 0) + 1
      if (answer === null) {
        // Behind nonsense in the same pipeline no answer is owed; a wrong one would be a fault.
        if (owed) {
          const others = batch.map(({ what, kind, bytes }) => `${what} (${kind}, ${bytes.length} bytes)`).join(', ')
          const waited = Math.round(performance.now() - asked)
          const seen = `the connection ended after ${waited} ms, at ${place + 1} of ${batch.length}: ${others}`
          this.#fault('no answer', message.what, message.actor, message.bytes, seen)
        }
        return false
      }
      if (answer.status < 300) this.#reached.add(message.what)
      for (const fault of judgeAnswer(message, answer, this.#world.secrets)) {
        this.#fault(fault, message.what, message.actor, message.bytes, printable(answer.body, 400))
      }
      const body = answer.body.toString('utf8', 0, 20_000)
      if (body.includes(SITE_CANARY)) this.#controls++
      this.#world.learn(body)
      if (answer.headers['connection'] === 'close') return false
    }
    return true
  }

  /** One WebSocket from ticket to end. */
  async #talk(random: Random): Promise<void> {
    const world = this.#world
    const actor = random.pick(world.actors)
    const connection = await HttpConnection.open(world.port)
    try {
      const host = new URL(world.url).host
      connection.send(
        Buffer.from(
          `POST /api/auth/ws-ticket HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${actor.token}\r\n\r\n`,
        ),
      )
      const answer = await connection.answer(ANSWER_MS)
      if (answer?.status !== 200) throw new Error(`no ticket: ${answer?.status ?? 'connection ended'}`)
      const { ticket } = JSON.parse(answer.body.toString()) as { ticket: string }
      connection.send(
        Buffer.from(
          `GET /ws?ticket=${encodeURIComponent(ticket)} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
            `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
        ),
      )
      if ((await connection.until((text) => text.includes('"type":"hello"'), ANSWER_MS)) === null)
        throw new Error('no hello')
      this.#sockets++
      const talk = socketTalk(random, () => world.idFor('panel_id', random, actor), [
        actor.token,
        random.pick(world.actors).token,
      ])
      const end = 700_000_000 + random.below(99_999_999)
      const bytes = Buffer.concat([...talk.frames, textFrame(JSON.stringify({ type: 'ping', id: end }))])
      send(connection, bytes, random)
      const marker = `"type":"pong","data":{"id":${end}`
      const heard = await connection
        .until((text) => text.includes(marker, Math.max(0, text.length - 100_000)), talk.lives ? ANSWER_MS : 500)
        .catch((error: Error) => {
          if (talk.lives) throw error
          return null
        })
      this.#frames += talk.frames.length + 1
      if (heard === null && talk.lives)
        this.#fault(
          'ended a connection that broke no rule',
          'WebSocket',
          actor,
          bytes,
          printable(connection.unread.subarray(-200)),
        )
      this.#judgeStream(connection.unread, actor, bytes)
    } finally {
      connection.close()
    }
  }

  #judgeStream(got: Buffer, actor: Actor, sent: Buffer): void {
    const shows = got.includes(SITE_CANARY)
    if (shows && actor.scoped)
      this.#fault('shows a site that is not theirs', 'WebSocket', actor, sent, excerpt(got, SITE_CANARY))
    else if (shows) this.#controls++
    for (const secret of this.#world.secrets) {
      if (got.includes(secret)) this.#fault('shows a secret', 'WebSocket', actor, sent, excerpt(got, secret))
    }
  }

  /** Ended sessions are opened again, and tokens renewed before they expire. */
  async #takeCare(): Promise<void> {
    let renewed = performance.now()
    while (!this.#over) {
      for (let n = 0; n < 20 && !this.#over; n++) await new Promise((resolve) => setTimeout(resolve, 250))
      if (this.#over) return
      await this.#guarded(() => this.#world.reviveLeavers())
      if (performance.now() - renewed < CLIENTS_TOKENS_LIVE_MS) continue
      renewed = performance.now()
      for (const actor of this.#world.actors) await this.#guarded(() => this.#world.signIn(actor))
    }
  }

  async #searchLog(): Promise<void> {
    const log = await this.#world.log()
    const tokens = this.#world.actors.map(({ token }) => token)
    for (const secret of [...this.#world.secrets, ...tokens]) {
      if (log.includes(secret))
        this.#fault('the log shows a secret', 'log', null, Buffer.alloc(0), excerpt(Buffer.from(log), secret))
    }
    const failed = log
      .split('\n')
      .filter((line) => /"(request_failed|socket_upgrade_failed|unhandled)/.test(line) && !/NOT_READY/.test(line))
    for (const line of failed.slice(0, 5))
      this.#fault('the log tells of a failed request', 'log', null, Buffer.alloc(0), line.slice(0, 600))
  }

  /** The same of the same operation is told once. */
  #fault(fault: string, what: string, actor: Actor | null, sent: Buffer, got: string): void {
    const known = this.#faults.find((other) => other.fault === fault && other.what === what)
    if (known !== undefined) return
    const found: Fault = { fault, what, role: actor?.role ?? 'nobody', sent: printable(sent), got }
    this.#faults.push(found)
    if (this.#faults.length >= MOST_FAULTS) this.#over = true
    this.#options.say(
      `${fault}: ${what} by ${found.role}\n  sent ${JSON.stringify(found.sent.slice(0, 500))}\n  got ${got.slice(0, 300)}`,
    )
  }
}

/** Sometimes in two pieces, as networks do. */
function send(connection: HttpConnection, bytes: Buffer, random: Random): void {
  if (!random.chance(0.2)) return connection.send(bytes)
  const at = random.below(bytes.length)
  connection.send(bytes.subarray(0, at))
  connection.send(bytes.subarray(at))
}

function excerpt(bytes: Buffer, around: string): string {
  const at = bytes.indexOf(around)
  return printable(bytes.subarray(Math.max(0, at - 150), at + 150), 300)
}
