import { RuntimeError } from './errors.ts'

interface Waiter<T> {
  resolve(item: T): void
  reject(error: unknown): void
}

/**
 * First in, first out, with a ceiling: whoever produces faster than the consumer takes is told so instead of filling
 * the memory. One or several consumers.
 */
export class BoundedQueue<T> {
  readonly capacity: number
  #items: (T | undefined)[] = []
  #head = 0
  #waiters = new Set<Waiter<T>>()
  #closed = false

  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1) throw new TypeError('capacity must be a whole number from 1')
    this.capacity = capacity
  }

  get size(): number {
    return this.#items.length - this.#head
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Appends; false when full or closed, and the item is then not taken. */
  offer(item: T): boolean {
    if (this.#closed) return false
    const [waiter] = this.#waiters
    if (waiter) {
      this.#waiters.delete(waiter)
      waiter.resolve(item)
      return true
    }
    if (this.size >= this.capacity) return false
    this.#items.push(item)
    return true
  }

  /** The oldest item, or undefined when there is none now. */
  poll(): T | undefined {
    if (this.size === 0) return undefined
    const item = this.#items[this.#head] as T
    this.#items[this.#head++] = undefined
    // Cut the consumed front off now and then, so that taking stays constant on average and memory stays bounded.
    if (this.#head > 64 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }

  /** Up to `max` of the oldest items that are there now. */
  pollMany(max: number): T[] {
    const out: T[] = []
    while (out.length < max && this.size > 0) out.push(this.poll() as T)
    return out
  }

  /** Waits for an item. Rejects with `QUEUE_CLOSED` once closed and empty, or with the signal's reason. */
  take(signal?: AbortSignal): Promise<T> {
    if (this.size > 0) return Promise.resolve(this.poll() as T)
    if (this.#closed) return Promise.reject(closedError())
    if (signal?.aborted) return Promise.reject(signal.reason)
    return new Promise<T>((resolve, reject) => {
      const onAbort = () => {
        this.#waiters.delete(waiter)
        reject(signal?.reason)
      }
      const settled = () => signal?.removeEventListener('abort', onAbort)
      const waiter: Waiter<T> = {
        resolve: (item) => {
          settled()
          resolve(item)
        },
        reject: (error) => {
          settled()
          reject(error)
        },
      }
      this.#waiters.add(waiter)
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  /** Takes nothing more in; what is inside can still be taken, then iteration ends. */
  close(): void {
    this.#closed = true
    for (const waiter of this.#waiters) waiter.reject(closedError())
    this.#waiters.clear()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      if (this.size > 0) {
        yield this.poll() as T
        continue
      }
      if (this.#closed) return
      try {
        yield await this.take()
      } catch (error) {
        if (error instanceof RuntimeError && error.code === 'QUEUE_CLOSED') return
        throw error
      }
    }
  }
}

function closedError(): RuntimeError {
  return new RuntimeError('QUEUE_CLOSED', 'the queue was closed')
}
