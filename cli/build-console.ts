import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, runTool } from './run-tool.ts'

const CONSOLE = join(ROOT, 'apps/console')
const BUILT = join(CONSOLE, 'dist/index.html')
/** What ends up in the bundle. */
const SOURCES = ['apps/console', 'packages/contracts/src', 'packages/domain/src', 'package-lock.json']
const LIMIT_MS = 5 * 60_000

/** Builds the web console where it is missing or older than its sources. Rejects when the build fails. */
export async function buildConsole(say: (line: string) => void): Promise<void> {
  if (existsSync(BUILT) && newestOf(SOURCES) <= statSync(BUILT).mtimeMs) return
  const startedAt = performance.now()
  say('building the console …')
  const exitCode = await runTool('node_modules/vite/bin/vite.js', ['build', '--logLevel', 'warn'], {
    folder: 'apps/console',
    limitMs: LIMIT_MS,
    output: 'stderr',
  })
  if (exitCode !== 0) {
    rmSync(BUILT, { force: true })
    throw new Error('the console could not be built; see the lines above')
  }
  say(`console built in ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`)
}

function newestOf(paths: readonly string[]): number {
  return Math.max(...paths.map((path) => newest(join(ROOT, path))))
}

function newest(path: string): number {
  const stats = statSync(path)
  if (!stats.isDirectory()) return stats.mtimeMs
  return Math.max(
    0,
    ...readdirSync(path)
      .filter((name) => name !== 'node_modules' && name !== 'dist')
      .map((name) => newest(join(path, name))),
  )
}
