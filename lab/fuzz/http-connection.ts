/**
 * HTTP/1.1 by hand over one socket: requests go out as the bytes they are, several at a time, and the answers are read strictly.
 * An ordinary client would refuse to send most of what a fuzzer wants to send.
 */
import { connect, type Socket } from 'node:net'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** The server's text is no HTTP: always a fault. */
export class UnreadableAnswer extends Error {}

export class HttpConnection {
  readonly #socket: Socket
  #unread: Buffer = Buffer.alloc(0)
  #ended = false
  #wake = (): void => {}

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (bytes) => {
      this.#unread = this.#unread.length === 0 ? bytes : Buffer.concat([this.#unread, bytes])
      this.#wake()
    })
    // A reset is the server's right after nonsense; what it means is judged by the missing answers.
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#ended = true
      this.#wake()
    })
  }

  static async open(port: number): Promise<HttpConnection> {
    const socket = connect(port, '127.0.0.1')
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
    return new HttpConnection(socket)
  }

  get ended(): boolean {
    return this.#ended
  }

  send(bytes: Buffer): void {
    if (!this.#ended) this.#socket.write(bytes)
  }

  /** Nothing more will be sent, which is what makes an unfinished message final. */
  finish(): void {
    if (!this.#ended) this.#socket.end()
  }

  close(): void {
    this.#socket.destroy()
  }

  /** The next answer; null when the connection ended before it. @throws UnreadableAnswer, or Error after `limitMs` */
  async answer(limitMs: number): Promise<Answer | null> {
    const deadline = performance.now() + limitMs
    for (;;) {
      const parsed = parseAnswer(this.#unread)
      if (parsed !== null) {
        this.#unread = this.#unread.subarray(parsed.length)
        // An interim answer is followed by the real one.
        if (parsed.answer.status >= 200) return parsed.answer
        continue
      }
      if (this.#ended) return null
      await this.#more(deadline - performance.now())
    }
  }

  /** Everything until the connection ends, or the limit. */
  async rest(limitMs: number): Promise<Buffer> {
    const deadline = performance.now() + limitMs
    while (!this.#ended) await this.#more(deadline - performance.now())
    return this.#unread
  }

  /** Waits until `found` is in what came, and gives everything so far; null when the connection ended first. */
  async until(found: (unread: Buffer) => boolean, limitMs: number): Promise<Buffer | null> {
    const deadline = performance.now() + limitMs
    while (!found(this.#unread)) {
      if (this.#ended) return null
      await this.#more(deadline - performance.now())
    }
    return this.#unread
  }

  get unread(): Buffer {
    return this.#unread
  }

  async #more(leftMs: number): Promise<void> {
    if (leftMs <= 0) throw new Error('no answer in time')
    let limit: NodeJS.Timeout | undefined
    const inTime = await new Promise<boolean>((resolve) => {
      this.#wake = () => resolve(true)
      limit = setTimeout(() => resolve(false), leftMs)
    })
    clearTimeout(limit)
    if (!inTime) throw new Error('no answer in time')
  }
}

/** One whole answer at the start of `bytes`, and its length; null while it is not all there. */
export function parseAnswer(bytes: Buffer): { answer: Answer; length: number } | null {
  if (bytes.length === 0) return null
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd < 0) return null
  const [statusLine = '', ...lines] = bytes.toString('latin1', 0, headEnd).split('\r\n')
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(`${statusLine} `)?.[1])
  if (!(status >= 100 && status < 600)) throw new UnreadableAnswer(`status line ${statusLine.slice(0, 100)}`)
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon < 1) throw new UnreadableAnswer(`header line ${line.slice(0, 100)}`)
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim()
  }
  const from = headEnd + 4
  if (status < 200 || status === 204 || status === 304)
    return { answer: { status, headers, body: Buffer.alloc(0) }, length: from }
  if (headers['transfer-encoding'] === 'chunked') return chunked(bytes, from, status, headers)
  const length = Number(headers['content-length'])
  if (!Number.isInteger(length)) throw new UnreadableAnswer(`no length in ${statusLine}`)
  if (bytes.length < from + length) return null
  return { answer: { status, headers, body: bytes.subarray(from, from + length) }, length: from + length }
}

function chunked(bytes: Buffer, from: number, status: number, headers: Record<string, string>) {
  const parts: Buffer[] = []
  for (let at = from; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at)
    if (lineEnd < 0) return null
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16)
    if (!Number.isInteger(size)) throw new UnreadableAnswer('chunk size')
    const end = lineEnd + 2 + size + 2
    if (bytes.length < end) return null
    if (size === 0) return { answer: { status, headers, body: Buffer.concat(parts) }, length: end }
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size))
    at = end
  }
}
