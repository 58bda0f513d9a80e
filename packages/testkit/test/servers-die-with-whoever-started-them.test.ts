/** A test run that is killed must leave no broker behind: the next one would share its machine with it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { eventually, installDebianPackages } from '../src/index.ts'

const starter = `
  import { startRedis } from ${JSON.stringify(new URL('../src/redis.ts', import.meta.url).href)}
  const server = await startRedis()
  console.log(server.pid)
`

it('ends a server when the process that started it is killed', async () => {
  // What a killed process cannot tidy up is tidied up here.
  const folder = mkdtempSync(join(tmpdir(), 'stam-orphan-'))
  chmodSync(folder, 0o755)
  const parent = spawn(process.execPath, ['--input-type=module-typescript', '--eval', starter], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { TMPDIR: folder },
  })
  const [line] = (await once(parent.stdout, 'data')) as [Buffer]
  const pid = Number(line.toString())
  expect(isAlive(pid)).toBe(true)
  parent.kill('SIGKILL')
  await once(parent, 'exit')
  await eventually(() => !isAlive(pid), { what: 'the end of the server' })
  rmSync(folder, { recursive: true })
})

it('installs nothing, and says nothing, when all packages are there', () => {
  const lines: string[] = []
  installDebianPackages(['dpkg', 'redis-server'], { print: (line) => lines.push(line) })
  expect(lines).toEqual([])
})

/** A dead process that nobody has reaped yet is not alive. */
function isAlive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    return false
  }
}
