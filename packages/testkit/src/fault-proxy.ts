import { connect, createServer, type Server, type Socket } from 'node:net'
import { once } from 'node:events'
import { freePorts } from './free-ports.ts'

/**
 * What the network does. `pass` forwards; `delay` forwards later, in order; `freeze` keeps every connection open and
 * forwards nothing (a pulled cable: half-open on both sides, new connections too); `refuse` closes the door, so that
 * dialling fails at once, and leaves what is connected alone.
 */
export type FaultMode = 'pass' | 'delay' | 'freeze' | 'refuse'

export interface FaultProxyOptions {
  readonly target: { readonly host?: string; readonly port: number }
}

export interface FaultProxy {
  readonly port: number
  readonly mode: FaultMode
  /** Connections open now. */
  readonly connections: number
  /** Connections accepted since the start. */
  readonly accepted: number
  /** Forwards as it comes, what a freeze held back first. */
  pass(): Promise<void>
  /** Each direction is late by `delayMs`. */
  delay(delayMs: number): Promise<void>
  freeze(): Promise<void>
  refuse(): Promise<void>
  /** Resets every open connection (RST on both sides); the mode stays, so a new one may follow at once. */
  cut(): Promise<void>
  close(): Promise<void>
}

/**
 * A reset waits for what was written to be sent, which a peer that reads nothing never lets happen; and node says nothing any more of a socket
 * whose reset the kernel refused because its end was on the way (EINVAL of uv_tcp_close_reset). Neither may hold up the one who cuts.
 */
const RESET_PATIENCE_MS = 500

/** A TCP proxy on loopback that can fail in the ways networks do. */
export async function faultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const proxy = new TcpFaultProxy(options.target.host ?? '127.0.0.1', options.target.port)
  const [port] = (await freePorts(1)) as [number]
  await proxy.listen(port)
  return proxy
}

class TcpFaultProxy implements FaultProxy {
  readonly #host: string
  readonly #targetPort: number
  readonly #pairs = new Set<Pair>()
  #server: Server | undefined
  #port = 0
  #mode: FaultMode = 'pass'
  #delayMs = 0
  #accepted = 0

  constructor(host: string, targetPort: number) {
    this.#host = host
    this.#targetPort = targetPort
  }

  get port(): number {
    return this.#port
  }

  get mode(): FaultMode {
    return this.#mode
  }

  get connections(): number {
    return this.#pairs.size
  }

  get accepted(): number {
    return this.#accepted
  }

  async listen(port: number): Promise<void> {
    const server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client))
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    this.#port = (server.address() as { port: number }).port
    this.#server = server
  }

  async pass(): Promise<void> {
    this.#delayMs = 0
    await this.#enter('pass')
  }

  async delay(delayMs: number): Promise<void> {
    this.#delayMs = delayMs
    await this.#enter('delay')
  }

  async freeze(): Promise<void> {
    await this.#enter('freeze')
  }

  async refuse(): Promise<void> {
    this.#mode = 'refuse'
    await this.#stopListening()
  }

  async cut(): Promise<void> {
    const pairs = [...this.#pairs]
    for (const pair of pairs) pair.reset()
    let timer: NodeJS.Timeout | undefined
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, RESET_PATIENCE_MS)
    })
    await Promise.race([Promise.all(pairs.map((pair) => pair.closed)), patience])
    clearTimeout(timer)
    for (const pair of pairs) {
      pair.abandon()
      this.#pairs.delete(pair)
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#stopListening(), this.cut()])
  }

  async #enter(mode: FaultMode): Promise<void> {
    this.#mode = mode
    if (this.#server === undefined) await this.listen(this.#port)
    for (const pair of this.#pairs) pair.apply(mode === 'freeze' ? null : this.#delayMs)
  }

  async #stopListening(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (!server) return
    // Waiting for 'close' would wait for the open connections as well; the port is free right after the call.
    server.close()
    await new Promise((resolve) => setImmediate(resolve))
  }

  #accept(client: Socket): void {
    this.#accepted++
    const pair = new Pair(client, connect({ host: this.#host, port: this.#targetPort, allowHalfOpen: true }))
    this.#pairs.add(pair)
    void pair.closed.then(() => this.#pairs.delete(pair))
    pair.apply(this.#mode === 'freeze' ? null : this.#delayMs)
  }
}

/** One connection through the proxy: two sockets and what is on the way between them. */
class Pair {
  readonly closed: Promise<void>
  readonly #sockets: readonly Socket[]
  readonly #ways: readonly OneWay[]

  constructor(client: Socket, server: Socket) {
    this.#sockets = [client, server]
    this.#ways = [new OneWay(client, server), new OneWay(server, client)]
    this.closed = Promise.all(
      this.#sockets.map((socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()))),
    ).then(() => undefined)
    for (const socket of this.#sockets) {
      socket.setNoDelay(true)
      // 'close' follows and carries the news over; without a listener the error would end the process.
      socket.on('error', () => {})
    }
  }

  /** @param delayMs null = frozen. */
  apply(delayMs: number | null): void {
    for (const way of this.#ways) way.apply(delayMs)
  }

  reset(): void {
    for (const way of this.#ways) way.drop()
    for (const socket of this.#sockets) breakOff(socket)
  }

  /** Whatever became of the reset: nothing of it keeps the process alive. */
  abandon(): void {
    for (const socket of this.#sockets) {
      socket.unref()
      socket.destroy()
    }
  }
}

/** RST instead of FIN, so that the other end sees a broken connection and not a polite end. */
function breakOff(socket: Socket): void {
  // A socket that is not connected yet has nothing to reset, and one that has said its end can only be closed.
  if (socket.connecting || socket.writableEnded) socket.destroy()
  else socket.resetAndDestroy()
}

interface Parcel {
  readonly sentAt: number
  readonly content: Buffer | 'end' | 'broken'
}

/** One direction: what came from `from` and has not reached `to` yet. */
class OneWay {
  readonly #from: Socket
  readonly #to: Socket
  readonly #onTheWay: Parcel[] = []
  #delayMs: number | null = 0
  #timer: NodeJS.Timeout | undefined
  #endDelivered = false

  constructor(from: Socket, to: Socket) {
    this.#from = from
    this.#to = to
    from.on('data', (chunk: Buffer) => this.#take(chunk))
    from.on('end', () => this.#take('end'))
    from.on('close', () => this.#take('broken'))
    to.on('close', () => this.drop())
  }

  apply(delayMs: number | null): void {
    this.#delayMs = delayMs
    // Frozen: nothing is read any more, so the sender's window fills up as it does on a dead line.
    if (delayMs === null) this.#from.pause()
    else this.#from.resume()
    this.#deliver()
  }

  drop(): void {
    clearTimeout(this.#timer)
    this.#onTheWay.length = 0
  }

  #take(content: Parcel['content']): void {
    if (this.#to.destroyed) return
    this.#onTheWay.push({ sentAt: performance.now(), content })
    this.#deliver()
  }

  #deliver(): void {
    clearTimeout(this.#timer)
    if (this.#delayMs === null) return
    for (let [next] = this.#onTheWay; next; [next] = this.#onTheWay) {
      const earlyMs = next.sentAt + this.#delayMs - performance.now()
      if (earlyMs > 0) {
        this.#timer = setTimeout(() => this.#deliver(), earlyMs)
        return
      }
      this.#onTheWay.shift()
      this.#hand(next.content)
    }
  }

  #hand(content: Parcel['content']): void {
    if (content === 'end') {
      this.#endDelivered = true
      this.#to.end()
    } else if (content === 'broken') {
      // After a polite end in both directions 'close' is no news, and breaking off would lose the last bytes.
      if (!this.#endDelivered) breakOff(this.#to)
    } else {
      this.#to.write(content)
    }
  }
}
