/** A stack of one process of each kind and a few panels, for what one process has to keep. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '../child.ts'
import { type Stack, startStack } from '../stack.ts'

export interface SmallStack {
  readonly stack: Stack
  /** The log of a process, one object per line. */
  log(name: string): Promise<readonly LogLine[]>
  /** Violates a zone of every panel, and of some again, until so many alarm signals were emitted. */
  signals(count: number): Promise<void>
  close(): Promise<void>
}

export type LogLine = Readonly<Record<string, unknown>> & { readonly event: string }

const WITHIN_MS = 60_000

export async function startSmallStack(env: Readonly<Record<string, string>> = {}): Promise<SmallStack> {
  const folder = await mkdtemp(join(tmpdir(), 'stam-processes-'))
  const stack = await startStack({ folder, panels: 4, scale: { backend: 1, relay: 1, worker: 1 }, env })
  const reached = await until(async () => {
    const [row] = await stack.store.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM panel_cursors WHERE memory_epoch IS NOT NULL',
    )
    return row?.n === stack.panelIds.size
  }, WITHIN_MS)
  if (!reached) {
    await stack.close()
    throw new Error('not every panel was reached and read within a minute')
  }
  return {
    stack,
    async log(name) {
      const text = await readFile(join(folder, `${name}.log`), 'utf8')
      return text
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as LogLine)
    },
    signals: (count) => emit(stack.simulatorUrl, count),
    async close() {
      await stack.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function emit(simulatorUrl: string, count: number): Promise<void> {
  const answer = await fetch(`${simulatorUrl}/scenarios`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ burst: { panels: '*', count, overMs: 200, action: 'violate' } }),
  })
  if (!answer.ok) throw new Error(`the simulator refused the load: ${await answer.text()}`)
}
