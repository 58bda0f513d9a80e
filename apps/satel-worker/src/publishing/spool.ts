import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { PanelEvent } from '@stam/contracts'

const CURRENT = 'spool.jsonl'
const EARLIER = /^spool-\d+\.jsonl$/

/**
 * Events that found both doors shut, on disk until one opens: what only this process knows (bits nobody can read again,
 * the loss of a link) must survive it. One JSON event per line, appended and flushed; a torn last line is a write that
 * never finished and is skipped.
 */
export class Spool {
  readonly #folder: string
  readonly #maxBytes: number
  #file: Awaited<ReturnType<typeof open>> | undefined
  #bytes = 0
  #count = 0
  #tail: Promise<unknown> = Promise.resolve()

  constructor(folder: string, maxBytes: number) {
    this.#folder = folder
    this.#maxBytes = maxBytes
  }

  /** Events in the file of this run. */
  get count(): number {
    return this.#count
  }

  /** What earlier runs left, oldest file first, in their order. Call `forget` once it is published. */
  async *earlier(): AsyncGenerator<PanelEvent> {
    await mkdir(this.#folder, { recursive: true })
    await this.#setAside()
    for (const name of await this.#earlierFiles()) {
      const lines = createInterface({ input: createReadStream(join(this.#folder, name)), crlfDelay: Infinity })
      for await (const line of lines) {
        const event = parse(line)
        if (event !== undefined) yield event
      }
    }
  }

  async forgetEarlier(): Promise<void> {
    for (const name of await this.#earlierFiles()) await rm(join(this.#folder, name), { force: true })
  }

  /** Appends and flushes. @returns false when the spool is full: the caller keeps them in memory only */
  append(events: readonly PanelEvent[]): Promise<boolean> {
    const turn = this.#tail.then(() => this.#append(events))
    this.#tail = turn.catch(() => {})
    return turn
  }

  /** Everything spooled is out: empties the file. */
  clear(): Promise<void> {
    const turn = this.#tail.then(async () => {
      if (this.#count === 0) return
      this.#count = 0
      this.#bytes = 0
      await this.#file?.truncate(0)
      await this.#file?.datasync()
    })
    this.#tail = turn.catch(() => {})
    return turn
  }

  async close(): Promise<void> {
    await this.#tail
    await this.#file?.close()
    this.#file = undefined
  }

  async #append(events: readonly PanelEvent[]): Promise<boolean> {
    const text = events.map((event) => `${JSON.stringify(event)}\n`).join('')
    const bytes = Buffer.byteLength(text)
    if (this.#bytes + bytes > this.#maxBytes) return false
    this.#file ??= await open(join(this.#folder, CURRENT), 'a', 0o600)
    await this.#file.appendFile(text)
    await this.#file.datasync()
    this.#bytes += bytes
    this.#count += events.length
    return true
  }

  /** The file of a run that has ended becomes one of the earlier ones. */
  async #setAside(): Promise<void> {
    const current = join(this.#folder, CURRENT)
    const size = await stat(current).then(
      ({ size: bytes }) => bytes,
      () => 0,
    )
    if (size === 0) return
    const numbers = (await this.#earlierFiles()).map((name) => Number(/\d+/.exec(name)?.[0]))
    await rename(current, join(this.#folder, `spool-${Math.max(0, ...numbers) + 1}.jsonl`))
  }

  async #earlierFiles(): Promise<string[]> {
    const names = (await readdir(this.#folder)).filter((name) => EARLIER.test(name))
    return names.sort((a, b) => Number(/\d+/.exec(a)?.[0]) - Number(/\d+/.exec(b)?.[0]))
  }
}

function parse(line: string): PanelEvent | undefined {
  try {
    return PanelEvent.safeParse(JSON.parse(line)).data
  } catch {
    return undefined
  }
}
