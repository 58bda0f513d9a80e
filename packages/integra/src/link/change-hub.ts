import { ChangeQueue } from './change-queue.ts'
import type { PanelChange } from './types.ts'

type Listener = (change: PanelChange) => void

/** Who follows the changes of a link: listeners called synchronously, and bounded queues for iteration. */
export class ChangeHub {
  /** Replaced, never changed, so that a listener may add or remove listeners. */
  #listeners: readonly Listener[] = []
  #queues: readonly ChangeQueue[] = []
  #ended = false

  get hasListeners(): boolean {
    return this.#listeners.length > 0
  }

  add(listener: Listener): () => void {
    this.#listeners = [...this.#listeners, listener]
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== listener)
    }
  }

  iterate(): AsyncIterable<PanelChange> {
    const queue: ChangeQueue = new ChangeQueue(() => {
      stop()
      this.#queues = this.#queues.filter((other) => other !== queue)
    })
    const stop = this.add((change) => queue.push(change))
    if (this.#ended) queue.end()
    else this.#queues = [...this.#queues, queue]
    return queue
  }

  /** A listener that throws is a defect of its owner: the link goes on, the error surfaces outside of it. */
  emit(change: PanelChange): void {
    for (const listener of this.#listeners) {
      try {
        listener(change)
      } catch (error) {
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }

  /** Lets every iteration end after what is still queued. */
  end(): void {
    this.#ended = true
    for (const queue of this.#queues) queue.end()
  }
}
