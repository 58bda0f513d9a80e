import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../src/index.ts'

const password = 'p@ss/word with:signs'
let folder: string
let server: EmbeddedPostgres | undefined

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stam-embedded-'))
})
afterEach(async () => {
  await server?.stop()
  server = undefined
  rmSync(folder, { recursive: true, force: true })
})

async function start(at = folder): Promise<EmbeddedPostgres> {
  server = await startEmbeddedPostgres({
    dataFolder: join(at, 'postgres'),
    password,
    logFile: join(at, 'postgres.log'),
  })
  return server
}

async function query<Row extends pg.QueryResultRow>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Row>(text)).rows
  } finally {
    await client.end()
  }
}

/** A process of its own that starts a server and stays, so that it can be killed. Says the server's pid. */
async function launcher(): Promise<{ serverPid: number; kill(): Promise<void> }> {
  const script = `
    import { startEmbeddedPostgres } from ${JSON.stringify(join(import.meta.dirname, '../src/index.ts'))}
    const server = await startEmbeddedPostgres(${JSON.stringify({
      dataFolder: join(folder, 'postgres'),
      password,
      logFile: join(folder, 'postgres.log'),
    })})
    console.log(server.pid)
    setInterval(() => {}, 1000)`
  const file = join(folder, 'launcher.mts')
  writeFileSync(file, script)
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const [line] = (await child.stdout.take(1).toArray()) as Buffer[]
  const serverPid = Number(String(line))
  expect(serverPid).toBeGreaterThan(1)
  return {
    serverPid,
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

test('a flood in a new database never waits for a file of the log to be made', async () => {
  const { url } = await start()
  const made = async () =>
    (
      await query<{ n: string }>(
        url(),
        `SELECT coalesce(sum(writes), 0) AS n FROM pg_stat_io WHERE object = 'wal' AND context = 'init'`,
      )
    )[0]
  const before = await made()
  await query(url(), `SELECT pg_logical_emit_message(true, '', repeat('x', 1000000)) FROM generate_series(1, 100)`)
  expect(await made()).toEqual(before)
  await query(url(), `SELECT pg_logical_emit_message(true, '', repeat('x', 1000000)) FROM generate_series(1, 100)`)
  expect(Number((await made())?.n), 'the counter counts').toBeGreaterThan(Number(before?.n))
})

test('starts, keeps what was written, and starts again on it', async () => {
  const first = await start()
  await query(first.url(), "CREATE TABLE kept AS SELECT 'łąka' AS word")
  await first.stop()
  const second = await start()
  expect(await query(second.url(), 'SELECT word FROM kept')).toEqual([{ word: 'łąka' }])
  expect(statSync(join(folder, 'postgres')).mode & 0o777).toBe(0o700)
})

test('sorts Polish names and listens on loopback only, with a password', async () => {
  const { url, port } = await start()
  const sorted = await query<{ name: string }>(
    url(),
    `SELECT name FROM (VALUES ('Łódź'), ('Lublin'), ('Mława')) AS t(name) ORDER BY name COLLATE "pl-x-icu"`,
  )
  expect(sorted.map((row) => row.name)).toEqual(['Lublin', 'Łódź', 'Mława'])
  expect(await query(url(), 'SHOW listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }])
  await expect(query(`postgres://postgres:wrong@127.0.0.1:${port}/postgres`, 'SELECT 1')).rejects.toThrow(
    /password authentication/,
  )
})

test.runIf(process.getuid?.() === 0)('works under a folder only root may enter, and never runs as root', async () => {
  const home = join(folder, 'private-home')
  mkdirSync(home, { mode: 0o700 })
  const first = await start(home)
  expect(statSync(`/proc/${first.pid}`).uid).not.toBe(0)
  await query(first.url(), 'CREATE TABLE kept (n int)')
  await first.stop()
  const second = await start(home)
  expect(await query(second.url(), 'SELECT n FROM kept')).toEqual([])
})

test('the server ends with a launcher that is killed, and the next start comes up with the data', async () => {
  const { serverPid, kill } = await launcher()
  await kill()
  const next = await start()
  expect(next.pid).not.toBe(serverPid)
  // Its parent is gone: it stays in the list until the first process of the machine has taken note of its end.
  await expect.poll(() => existsSync(`/proc/${serverPid}`), { timeout: 10_000 }).toBe(false)
  expect(await query(next.url(), 'SELECT 1 AS one')).toEqual([{ one: 1 }])
})

test('a server killed together with its launcher leaves a lock that is waited out', async () => {
  const { serverPid, kill } = await launcher()
  process.kill(serverPid, 'SIGKILL')
  await kill()
  expect(existsSync(join(folder, 'postgres/postmaster.pid'))).toBe(true)
  expect(await query((await start()).url(), 'SELECT 1 AS one')).toEqual([{ one: 1 }])
})

test('a second start on the same folder takes it over instead of writing beside it', async () => {
  const first = await start()
  const second = await start()
  await first.exited
  expect(existsSync(`/proc/${first.pid}`)).toBe(false)
  expect(await query(second.url(), 'SELECT 1 AS one')).toEqual([{ one: 1 }])
})

test('a lock whose number now belongs to another program does not stop the start', async () => {
  await (await start()).stop()
  const stranger = spawn('sleep', ['60'])
  try {
    writeFileSync(
      join(folder, 'postgres/postmaster.pid'),
      `${stranger.pid}\n${folder}/postgres\n1\n5432\n\n127.0.0.1\n1 1\nready\n`,
    )
    expect(await query((await start()).url(), 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    expect(stranger.exitCode).toBeNull()
  } finally {
    stranger.kill()
  }
})

test('an interrupted first start is begun anew', async () => {
  mkdirSync(join(folder, 'postgres.draft'))
  writeFileSync(join(folder, 'postgres.draft/PG_VERSION'), '18\n')
  expect(await query((await start()).url(), 'SELECT 1 AS one')).toEqual([{ one: 1 }])
})

test('a folder with other files is refused and left alone', async () => {
  mkdirSync(join(folder, 'postgres'))
  writeFileSync(join(folder, 'postgres/thesis.txt'), 'years of work')
  await expect(start()).rejects.toMatchObject({ code: 'FOLDER_UNUSABLE' })
  expect(readFileSync(join(folder, 'postgres/thesis.txt'), 'utf8')).toBe('years of work')
})

test('data of another major version is refused and left alone', async () => {
  mkdirSync(join(folder, 'postgres'))
  writeFileSync(join(folder, 'postgres/PG_VERSION'), '19\n')
  await expect(start()).rejects.toMatchObject({
    code: 'DATA_OF_OTHER_VERSION',
    message: expect.stringContaining('PostgreSQL 19'),
  })
})

test('a setting the server refuses is an error at once, with its words', async () => {
  const begun = performance.now()
  const failing = startEmbeddedPostgres({
    dataFolder: join(folder, 'postgres'),
    password,
    logFile: join(folder, 'postgres.log'),
    settings: { shared_buffers: 'plenty' },
  })
  await expect(failing).rejects.toMatchObject({
    code: 'START_FAILED',
    message: expect.stringContaining('shared_buffers'),
  })
  expect(performance.now() - begun).toBeLessThan(60_000)
})

test('exited tells when the server goes away by itself', async () => {
  const { pid, exited } = await start()
  process.kill(pid, 'SIGKILL')
  await exited
})
