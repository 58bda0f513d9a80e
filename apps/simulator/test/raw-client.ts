import { connect, type Socket } from 'node:net'

/** `FE FE 09 D7 EB` with or without blanks as bytes. */
export function hex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.replace(/\s+/g, ''), 'hex'))
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex').toUpperCase().replace(/../g, '$& ').trim()
}

/**
 * A frame around a body, written from section 2.1 and 2.2 of the reference for the tests alone: the codec under test
 * must not be its own witness. Its own witness is the first test that uses it, against SATEL's vectors.
 */
export function framed(body: string): string {
  const bytes = [...hex(body)]
  let crc = 0x147a
  for (const byte of bytes) {
    crc = ((crc << 1) & 0xffff) | (crc >> 15)
    crc ^= 0xffff
    crc = (crc + (crc >> 8) + byte) & 0xffff
  }
  const stuffed = [...bytes, crc >> 8, crc & 0xff].flatMap((byte) => (byte === 0xfe ? [0xfe, 0xf0] : [byte]))
  return toHex(Uint8Array.from([0xfe, 0xfe, ...stuffed, 0xfe, 0x0d]))
}

/** The body of a frame, command and payload, as hex; the check value is checked. */
export function bodyOf(frame: string): string {
  const bytes = [...hex(frame)].slice(2, -2)
  const plain: number[] = []
  for (let i = 0; i < bytes.length; i++) {
    plain.push(bytes[i] as number)
    if (bytes[i] === 0xfe) i++
  }
  const body = toHex(Uint8Array.from(plain.slice(0, -2)))
  if (framed(body) !== frame) throw new Error(`bad check value in ${frame}`)
  return body
}

const DEADLINE_MS = 3_000

/** A client that knows nothing of the protocol but where a frame ends: FE 0D. Bytes in, bytes out. */
export class RawClient {
  readonly socket: Socket
  #bytes = Buffer.alloc(0)
  #ended = false
  #wake: (() => void)[] = []

  private constructor(socket: Socket) {
    this.socket = socket
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk])
      this.#notify()
    })
    socket.on('error', () => this.#end())
    socket.on('close', () => this.#end())
    socket.on('end', () => this.#end())
  }

  static async connect(target: { host: string; port: number }): Promise<RawClient> {
    const socket = connect(target.port, target.host)
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
    return new RawClient(socket)
  }

  #notify(): void {
    const waiting = this.#wake
    this.#wake = []
    for (const wake of waiting) wake()
  }

  #end(): void {
    this.#ended = true
    this.#notify()
  }

  send(text: string): void {
    this.socket.write(hex(text))
  }

  /** Bytes that have arrived and nobody has taken. */
  get pending(): string {
    return toHex(this.#bytes)
  }

  /** Waits for `ready`; the deadline is an error that shows what did arrive. */
  async #until(ready: () => boolean): Promise<void> {
    const deadline = Date.now() + DEADLINE_MS
    while (!ready()) {
      const left = deadline - Date.now()
      if (left <= 0) throw new Error(`nothing more came; so far: ${this.pending}`)
      let timer: NodeJS.Timeout | undefined
      await new Promise<void>((resolve) => {
        this.#wake.push(resolve)
        timer = setTimeout(resolve, left)
      })
      clearTimeout(timer)
    }
  }

  /** The next frame, FE FE to FE 0D, as hex. */
  async frame(): Promise<string> {
    const end = () => this.#bytes.indexOf(Buffer.from([0xfe, 0x0d]))
    await this.#until(() => end() >= 0 || this.#ended)
    const at = end()
    if (at < 0) throw new Error(`the connection ended; so far: ${this.pending}`)
    const frame = this.#bytes.subarray(0, at + 2)
    this.#bytes = this.#bytes.subarray(at + 2)
    return toHex(frame)
  }

  async frames(count: number): Promise<string[]> {
    const frames: string[] = []
    while (frames.length < count) frames.push(await this.frame())
    return frames
  }

  async ask(text: string): Promise<string> {
    this.send(text)
    return this.frame()
  }

  /** Sends a body as a frame and returns the body of the answer. */
  async call(body: string): Promise<string> {
    return bodyOf(await this.ask(framed(body)))
  }

  /** Sends a body that must not be answered: a clock request behind it is answered first. */
  async silent(body: string): Promise<boolean> {
    this.send(framed(body))
    return (await this.call('1A')).startsWith('1A')
  }

  async bytes(count: number): Promise<string> {
    await this.#until(() => this.#bytes.length >= count || this.#ended)
    const bytes = this.#bytes.subarray(0, count)
    this.#bytes = this.#bytes.subarray(count)
    return toHex(bytes)
  }

  /** Waits for the module's end of the line. @returns what came before it */
  async ended(): Promise<string> {
    await this.#until(() => this.#ended)
    return this.pending
  }

  get isEnded(): boolean {
    return this.#ended
  }

  close(): void {
    this.socket.destroy()
  }
}

/** Waits for a condition with a deadline; for effects that have no event of their own. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`waited in vain for: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}
