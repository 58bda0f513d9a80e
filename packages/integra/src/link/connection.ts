import { connect, type Socket } from 'node:net'
import { matchBusyBlock } from '../codec/busy.ts'
import { copyBytes } from '../codec/copy-bytes.ts'
import { type DecodedItem, FrameDecoder } from '../codec/frame.ts'
import { type PduCipher, PduDecoder, PduSession } from '../codec/pdu.ts'

/** What a connection tells the link. Called synchronously; after `closed` nothing follows. */
export interface ConnectionEvents {
  connected(): void
  frame(command: number, payload: Uint8Array): void
  discarded(item: Extract<DecodedItem, { kind: 'discarded' }>): void
  /** The occupied answer of a plaintext module. */
  busy(): void
  /** An encrypted connection received a plaintext frame start. */
  plainPeer(): void
  /** The encrypted header does not echo us, or the stream cannot be followed any more. */
  badEcho(): void
  /** The socket is gone. `connected` tells whether TCP had come up, `refused` whether somebody was there to say no. */
  closed(info: { connected: boolean; refused: boolean; heard: 'nothing' | 'noise' | 'frames' }): void
}

export interface ConnectionOptions {
  readonly host: string
  readonly port: number
  readonly cipher: PduCipher | undefined
  readonly random: () => number
}

const RECEIVE_BYTES = 1024
const TCP_KEEP_ALIVE_MS = 60_000

/**
 * One TCP connection to a module: bytes to frames and back, plaintext or encrypted. It decides nothing; the link
 * does. Memory per connection: a receive buffer of 1 KB and at most 512 bytes of an incomplete frame.
 */
export class PanelConnection {
  readonly #events: ConnectionEvents
  readonly #socket: Socket
  readonly #frames = new FrameDecoder()
  readonly #pdus: PduDecoder | undefined
  readonly #session: PduSession | undefined
  /** First bytes, kept until they are known to be no busy block (plaintext) or no plaintext (encrypted). */
  #head: Uint8Array | undefined = new Uint8Array(0)
  #connected = false
  #refused = false
  #over = false
  #heard: 'nothing' | 'noise' | 'frames' = 'nothing'
  #asked = false
  bytesIn = 0
  bytesOut = 0

  constructor(options: ConnectionOptions, events: ConnectionEvents) {
    this.#events = events
    if (options.cipher !== undefined) {
      this.#pdus = new PduDecoder(options.cipher)
      const ids = Math.trunc(options.random() * 256)
      this.#session = new PduSession(options.cipher, { ids, random: () => Math.trunc(options.random() * 0x10000) })
    }
    // A buffer of our own: the stream would allocate 64 KB for every read of every panel.
    const onread = {
      buffer: new Uint8Array(RECEIVE_BYTES),
      callback: (length: number, buffer: Uint8Array) => {
        this.#receive(buffer.subarray(0, length))
        return true
      },
    }
    this.#socket = connect({ host: options.host, port: options.port, noDelay: true, onread })
    this.#socket.setKeepAlive(true, TCP_KEEP_ALIVE_MS)
    this.#socket.on('connect', () => {
      if (this.#over) return
      this.#connected = true
      events.connected()
    })
    // Whatever the socket suffers from, 'close' follows and ends the connection.
    this.#socket.on('error', ({ code }: NodeJS.ErrnoException) => {
      this.#refused = code === 'ECONNREFUSED' || code === 'ECONNRESET'
    })
    // The module will not answer any more; a half-closed connection is of no use.
    this.#socket.on('end', () => this.#socket.destroy())
    this.#socket.on('close', () => this.#finish())
  }

  /** A whole frame in a single write; encrypted where the connection is. */
  send(frame: Uint8Array): number {
    this.#asked = true
    const wire = this.#session === undefined ? frame : this.#session.seal(frame)
    this.bytesOut += wire.length
    this.#socket.write(wire)
    return wire.length
  }

  /** Ends it at once; no event follows. Resolves when the socket is gone. */
  destroy(): Promise<void> {
    this.#over = true
    const socket = this.#socket
    if (socket.closed) return Promise.resolve()
    const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    socket.destroy()
    return gone
  }

  #receive(chunk: Uint8Array): void {
    if (this.#over) return
    this.bytesIn += chunk.length
    if (this.#heard === 'nothing') this.#heard = 'noise'
    if (this.#head === undefined) this.#decode(chunk)
    else this.#receiveHead(chunk)
  }

  /** The first bytes tell busy from data and plaintext from encrypted, before any framing (reference 1.2, 3.5). */
  #receiveHead(chunk: Uint8Array): void {
    const kept = this.#head as Uint8Array
    let head = chunk
    if (kept.length > 0) {
      head = new Uint8Array(kept.length + chunk.length)
      head.set(kept)
      head.set(chunk, kept.length)
    }
    const busy = matchBusyBlock(head)
    if (busy === 'yes') {
      this.#events.busy()
      return
    }
    if (this.#session === undefined) {
      if (busy === 'maybe') this.#head = copyBytes(head)
      else this.#passHead(head)
      return
    }
    if (head[0] === 0xfe && (head.length < 2 || head[1] === 0xfe)) {
      if (head.length < 2) this.#head = copyBytes(head)
      else this.#events.plainPeer()
      return
    }
    // Nothing may come before the first request; an encrypted module says "busy" in a form nobody has described.
    if (!this.#asked) {
      this.#events.busy()
      return
    }
    if (busy === 'maybe' && head.length < 2) this.#head = copyBytes(head)
    else this.#passHead(head)
  }

  #passHead(head: Uint8Array): void {
    this.#head = undefined
    this.#decode(head)
  }

  #decode(chunk: Uint8Array): void {
    if (this.#pdus === undefined || this.#session === undefined) {
      this.#deliver(this.#frames.push(chunk))
      return
    }
    for (const item of this.#pdus.push(chunk)) {
      if (this.#over) return
      if (item.kind === 'desynchronised' || !this.#session.accept(item.pdu)) {
        this.#events.badEcho()
        return
      }
      this.#deliver(this.#frames.push(item.pdu.frame))
    }
  }

  #deliver(items: DecodedItem[]): void {
    for (const item of items) {
      if (this.#over) return
      if (item.kind === 'frame') {
        this.#heard = 'frames'
        this.#events.frame(item.command, item.payload)
      } else {
        this.#events.discarded(item)
      }
    }
  }

  #finish(): void {
    if (this.#over) return
    this.#over = true
    // A busy block that was cut short by the close is still one: its first byte is enough for some programs.
    if (this.#head !== undefined && this.#head.length > 0 && this.#head[0] === 0x10) {
      this.#events.busy()
      return
    }
    this.#events.closed({ connected: this.#connected, refused: this.#refused, heard: this.#heard })
  }
}
