/** A part of a benchmark in a process of its own, so that what is measured does not share its event loop with what measures. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

interface Request {
  readonly id: number
  readonly what: string
  readonly options: unknown
}

interface Answer {
  readonly id: number
  readonly value?: unknown
  readonly error?: string
}

export interface Partner {
  readonly pid: number
  /** Rejects with what the process says went wrong, or when it has ended. */
  ask<T = void>(what: string, options?: unknown): Promise<T>
  close(): Promise<void>
}

/**
 * @param file beside this one; it calls {@link answerRequests}
 * @param flags of node, besides ours
 */
export function startPartner(file: string, flags: readonly string[] = []): Partner {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), [], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    serialization: 'advanced',
    // Options of ours are theirs as well, so that `node --cpu-prof cli/stam.ts bench …` profiles every part.
    execArgv: [...process.execArgv, '--disable-warning=ExperimentalWarning', ...flags],
  })
  const open = new Map<number, (answer: Answer) => void>()
  let last = 0
  const ended = once(child, 'exit')
  child.on('message', (answer: Answer) => {
    open.get(answer.id)?.(answer)
    open.delete(answer.id)
  })
  void ended.then(([code]) => {
    for (const [id, settle] of open) settle({ id, error: `${file} ended with ${code}` })
  })
  return {
    pid: child.pid as number,
    ask: (what, options) =>
      new Promise((resolve, reject) => {
        const id = ++last
        open.set(id, ({ value, error }) => (error === undefined ? resolve(value as never) : reject(new Error(error))))
        child.send({ id, what, options } satisfies Request, (failed) => {
          if (failed) reject(failed)
        })
      }),
    close: async () => {
      if (child.exitCode === null && child.signalCode === null) child.disconnect()
      const limit = setTimeout(() => child.kill('SIGKILL'), 20_000)
      await ended
      clearTimeout(limit)
    },
  }
}

/** The other side. When the asker goes away, `close` runs and the process ends. */
export function answerRequests(
  handlers: Readonly<Record<string, (options: never) => unknown>>,
  close: () => Promise<unknown>,
): void {
  const reply = async ({ id, what, options }: Request): Promise<void> => {
    const answer: Answer = await Promise.resolve()
      .then(() => handlers[what]?.(options as never))
      .then(
        (value) => ({ id, value }),
        (error: unknown) => ({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
      )
    if (process.connected) process.send?.(answer)
  }
  process.on('message', (request: Request) => void reply(request))
  process.once('disconnect', () => {
    setTimeout(() => process.exit(1), 15_000).unref()
    void close().finally(() => process.exit(0))
  })
  // An interrupted benchmark ends its partners by the lost channel, each in its own order.
  process.on('SIGINT', () => {})
}
