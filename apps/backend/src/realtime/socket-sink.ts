/**
 * The sending side of one WebSocket: batches leave in one system call, memory per client is bounded, and nobody waits for
 * anybody. A client that does not read is closed with 4008 and resumes by replay.
 */
import type { Socket } from 'node:net'
import { closeCodes } from '@stam/contracts'
import type { Clock } from '@stam/runtime'
import type { WebSocket } from 'ws'
import type { FrameSink } from './client-stream.ts'

const FLUSH_LOOK_MS = 10
const FLUSH_LIMIT_MS = 15_000
/** A client that is closed gets this long to take the close frame; then its buffers are thrown away. */
const CLOSE_GRACE_MS = 2_000
const SOME_BYTES = 65_536

export class SocketSink implements FrameSink {
  readonly #socket: WebSocket
  readonly #raw: Socket
  readonly #clock: Clock
  #cancelGrace = () => {}
  #closing = false

  constructor(socket: WebSocket, raw: Socket, clock: Clock) {
    this.#socket = socket
    this.#raw = raw
    this.#clock = clock
    socket.once('close', () => {
      this.#closing = true
      this.#cancelGrace()
    })
  }

  get waiting(): number {
    return this.#socket.bufferedAmount
  }

  get open(): boolean {
    return !this.#closing && this.#socket.readyState === this.#socket.OPEN
  }

  send(frames: readonly Buffer[]): void {
    if (!this.open) return
    if (frames.length === 1) return this.#socket.send(frames[0] as Buffer, { binary: false })
    this.#raw.cork()
    for (const frame of frames) this.#socket.send(frame, { binary: false })
    this.#raw.uncork()
  }

  sendJson(message: object): void {
    this.send([Buffer.from(JSON.stringify(message))])
  }

  /** Waits until little is left to send, and at least one turn of the event loop, so that live messages of others get through. */
  async flushed(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve))
    const deadline = this.#clock.monotonic() + FLUSH_LIMIT_MS
    while (this.open && this.waiting > SOME_BYTES) {
      if (this.#clock.monotonic() > deadline) {
        this.tooSlow()
        break
      }
      await this.#clock.sleep(FLUSH_LOOK_MS)
    }
    if (!this.open) throw new Error('the client has gone')
  }

  tooSlow(): void {
    this.close(closeCodes.tooSlow, 'too slow')
  }

  close(code: number, reason: string): void {
    if (this.#closing) return
    this.#closing = true
    this.#socket.close(code, reason)
    this.#cancelGrace = this.#clock.setTimer(CLOSE_GRACE_MS, () => this.#socket.terminate())
  }
}
