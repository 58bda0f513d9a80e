/** Embedded profile: nobody but the station itself can restart its database (spec 09, PostgreSQL row). */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLog } from '@stam/runtime'
import { eventually } from '@stam/testkit'
import { expect, test } from 'vitest'
import { supervisePostgres } from '../src/supervise-postgres.ts'

test('a killed server is started again on the same port', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stam-supervise-'))
  const database = await supervisePostgres(
    {
      dataFolder: join(folder, 'postgres'),
      logFile: join(folder, 'postgres.log'),
      password: 'a-password-of-this-test',
      settings: { fsync: 'off' },
    },
    { log: silentLog },
  )
  try {
    const { pid } = database
    const url = database.url('stam')
    process.kill(pid, 'SIGKILL')
    await eventually(() => database.pid !== pid, { deadlineMs: 20_000, what: 'a new server' })
    expect(database.url('stam')).toBe(url)
  } finally {
    await database.stop()
    rmSync(folder, { recursive: true, force: true })
  }
})
