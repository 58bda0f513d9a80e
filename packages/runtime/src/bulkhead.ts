import { RuntimeError } from './errors.ts'

export interface BulkheadOptions {
  readonly name: string
  /** Calls running at once. */
  readonly concurrent: number
  /** Calls that may wait for a place; one more is refused. */
  readonly waiting: number
}

export interface Bulkhead {
  readonly running: number
  readonly waiting: number
  /** Runs `work` when a place is free, in order of arrival; rejects with `BULKHEAD_FULL` when the queue is full. */
  run<T>(work: () => Promise<T>): Promise<T>
}

/** Bounds how much of a scarce thing (memory of password hashing, report connections) one kind of work may take. */
export function createBulkhead(options: BulkheadOptions): Bulkhead {
  const queue: (() => void)[] = []
  let running = 0

  return {
    get running() {
      return running
    },
    get waiting() {
      return queue.length
    },
    async run(work) {
      if (running < options.concurrent) {
        running++
      } else {
        if (queue.length >= options.waiting) {
          throw new RuntimeError(
            'BULKHEAD_FULL',
            `${options.name}: ${running} running and ${queue.length} waiting already`,
          )
        }
        // The place is handed over by whoever leaves, so `running` does not change here.
        await new Promise<void>((resolve) => queue.push(resolve))
      }
      try {
        return await work()
      } finally {
        const next = queue.shift()
        if (next) next()
        else running--
      }
    },
  }
}
