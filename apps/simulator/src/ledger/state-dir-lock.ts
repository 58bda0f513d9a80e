import { closeSync, existsSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { SimulatorError } from '../simulator-error.ts'

/** Folders this process has open; a lock file cannot tell two users inside one process apart. */
const open = new Set<string>()

/** Start time of a process in clock ticks since boot: with it a number that was given out again is no match. */
function startTime(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name in parentheses may contain anything; field 22 is the 20th behind it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/**
 * Takes a state folder for this process. What a killed process left behind does not count.
 * @returns gives it back
 * @throws SimulatorError STATE_DIR_IN_USE
 */
export function lockStateDir(path: string): () => void {
  if (open.has(path)) throw new SimulatorError('STATE_DIR_IN_USE', 'this process has the state folder open already')
  if (existsSync(path)) {
    const [pidText = '', started = ''] = readFileSync(path, 'utf8').trim().split(' ')
    const pid = Number.parseInt(pidText, 10)
    if (pid > 0 && pid !== process.pid && isAlive(pid) && startTime(pid) === started) {
      throw new SimulatorError('STATE_DIR_IN_USE', `process ${pid} has the state folder open`)
    }
    rmSync(path, { force: true })
  }
  const fd = openSync(path, 'wx', 0o600)
  writeSync(fd, `${process.pid} ${startTime(process.pid)}\n`)
  closeSync(fd)
  open.add(path)
  return () => {
    open.delete(path)
    rmSync(path, { force: true })
  }
}
