import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** What a running server writes about itself (PostgreSQL 18, miscinit.c, "lock file contents"). */
export interface PostmasterFile {
  readonly pid: number
  readonly port: number
  /** `starting`, `ready`, `standby`, `stopping`. */
  readonly status: string
}

export function readPostmasterFile(dataFolder: string): PostmasterFile | null {
  let lines: string[]
  try {
    lines = readFileSync(join(dataFolder, 'postmaster.pid'), 'utf8').split('\n')
  } catch {
    return null
  }
  const pid = Number(lines[0])
  if (!Number.isInteger(pid) || pid <= 0) return null
  return { pid, port: Number(lines[3] ?? 0), status: (lines[7] ?? '').trim() }
}

/** What Linux says about a process: gone, dead but not reaped yet, or alive with its command line. */
export function processState(pid: number): 'gone' | 'zombie' | { commandLine: string } {
  try {
    // The name in parentheses may contain anything, so the state is looked for after the last one.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const state = stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3)
    if (state === 'Z' || state === 'X') return 'zombie'
    return { commandLine: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ') }
  } catch {
    return 'gone'
  }
}

const STOP_PATIENCE_MS = { SIGINT: 10_000, SIGQUIT: 5_000, SIGKILL: 5_000 } as const

/**
 * Makes a data folder free after a launcher that died without stopping its server: a live server is stopped, a dead one
 * waited out. The lock file itself is removed only when its process is certainly not a server of this folder.
 * @param marker what the command line of a server of this folder contains.
 * @returns whether a live server was stopped.
 */
export async function stopLeftOverServer(dataFolder: string, marker: string): Promise<boolean> {
  const file = readPostmasterFile(dataFolder)
  if (file === null) return false
  const state = processState(file.pid)
  if (typeof state === 'object' && !state.commandLine.includes(marker)) {
    // The number was given to another program since. PostgreSQL would refuse to start for as long as that one lives.
    rmSync(join(dataFolder, 'postmaster.pid'), { force: true })
    return false
  }
  if (state === 'gone') return false
  if (state === 'zombie') {
    await waitUntilGone(file.pid, STOP_PATIENCE_MS.SIGKILL)
    return false
  }
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    try {
      process.kill(file.pid, signal)
    } catch {
      break
    }
    if (await waitUntilGone(file.pid, STOP_PATIENCE_MS[signal])) break
  }
  return true
}

async function waitUntilGone(pid: number, limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs
  while (existsSync(`/proc/${pid}`)) {
    if (performance.now() > deadline) return false
    await sleep(20)
  }
  return true
}
