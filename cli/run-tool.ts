import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('..', import.meta.url))

export interface ToolOptions {
  /** Working folder, from the root. */
  readonly folder?: string
  /** The tool and everything it started is killed after this. */
  readonly limitMs: number
  /** Where its output goes; the terminal by default, `quiet` shows it only when it fails. */
  readonly output?: 'terminal' | 'quiet' | 'stderr'
}

const running = new Set<ChildProcess>()

/**
 * Runs a program of an installed package with the Node.js we run on. @returns its exit code; 124 when it took too long.
 * @param script from the root, e.g. `node_modules/vitest/vitest.mjs`.
 */
export function runTool(script: string, args: readonly string[], options: ToolOptions): Promise<number> {
  const output = options.output ?? 'terminal'
  const sink = output === 'quiet' ? 'pipe' : output === 'stderr' ? 2 : 'inherit'
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', `${ROOT}${script}`, ...args], {
    cwd: `${ROOT}${options.folder ?? ''}`,
    stdio: ['ignore', sink, sink],
    // A group of its own, so that a limit ends its children as well.
    detached: true,
  })
  running.add(child)
  const said: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => said.push(chunk))
  child.stderr?.on('data', (chunk: Buffer) => said.push(chunk))
  return new Promise((resolve) => {
    let tookTooLong = false
    const limit = setTimeout(() => {
      tookTooLong = true
      process.stderr.write(
        `\nstam: ${script} took longer than ${Math.round(options.limitMs / 60_000)} min and is ended\n`,
      )
      endGroup(child, 'SIGTERM')
      setTimeout(() => endGroup(child, 'SIGKILL'), 10_000).unref()
    }, options.limitMs)
    const ended = (code: number) => {
      clearTimeout(limit)
      running.delete(child)
      if (code !== 0 && said.length > 0) process.stdout.write(Buffer.concat(said))
      resolve(tookTooLong ? 124 : code)
    }
    child.once('error', () => ended(127))
    child.once('close', (code) => ended(code ?? 1))
  })
}

/** Ends whatever runs now, with its children. */
export function endRunningTools(signal: NodeJS.Signals): void {
  for (const child of running) endGroup(child, signal)
}

function endGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // The group is gone already.
  }
}
