/**
 * Makes a cluster: initdb, and a write-ahead log whose files are there before anybody needs them.
 */
import { spawnSync } from 'node:child_process'
import { chownSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Account } from './account.ts'
import type { Binaries } from './binaries.ts'
import { EmbeddedPostgresError, unusable } from './errors.ts'
import { environment, folderArgument } from './invocation.ts'

/**
 * Each commit that reaches the end of the log's last file waits until the next is made: 16 MB of zeros, written and flushed. A server that has
 * run for a while reuses old files, a new one makes one every few seconds just when much happens. These are as many as two floods of 10,000 alarms fill.
 */
const LOG_FILES_READY = 8
const LOG_FILE_MB = 16

/** Keeps at least the files that were made at the beginning. */
export const LOG_SETTINGS = { min_wal_size: `${LOG_FILES_READY * LOG_FILE_MB}MB` }

export interface NewCluster {
  readonly dataFolder: string
  readonly password: string
  readonly settings?: Readonly<Record<string, string>>
}

/** Made beside its final place and renamed when whole, so that an interrupted first start leaves no half cluster. */
export function initialiseCluster(binaries: Binaries, options: NewCluster, account: Account | null): void {
  const draft = `${options.dataFolder}.draft`
  try {
    rmSync(draft, { recursive: true, force: true })
    mkdirSync(draft, { recursive: true, mode: 0o700 })
    if (account) chownSync(draft, account.uid, account.gid)
    runInitdb(binaries, draft, account, options)
    if (options.settings?.['fsync'] !== 'off') makeLogReady(binaries, draft, account)
    renameSync(draft, options.dataFolder)
  } catch (cause) {
    rmSync(draft, { recursive: true, force: true })
    throw cause instanceof EmbeddedPostgresError ? cause : unusable(options.dataFolder, cause)
  }
}

function runInitdb(
  binaries: Binaries,
  folder: string,
  account: Account | null,
  { password, settings }: NewCluster,
): void {
  const secretFolder = mkdtempSync(join(tmpdir(), 'stam-initdb-'))
  const passwordFile = join(secretFolder, 'password')
  try {
    writeFileSync(passwordFile, password, { mode: 0o600 })
    if (account) for (const path of [secretFolder, passwordFile]) chownSync(path, account.uid, account.gid)
    const run = spawnSync(
      binaries.initdb,
      [
        `--pgdata=${folderArgument(realpathSync(folder), account)}`,
        '--username=postgres',
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C.UTF-8',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--data-checksums',
        ...(settings?.['fsync'] === 'off' ? ['--no-sync'] : []),
      ],
      { cwd: folder, env: environment(), encoding: 'utf8', ...account },
    )
    if (run.status === 0) return
    const reason = run.error?.message ?? run.stderr.trim().split('\n').slice(-5).join('\n')
    throw new EmbeddedPostgresError('INIT_FAILED', `initdb could not make a cluster in ${folder}:\n${reason}`)
  } finally {
    rmSync(secretFolder, { recursive: true, force: true })
  }
}

/** Single-user mode: nobody else can connect yet. Its shutdown checkpoint turns the files that were used up into files to come. */
function makeLogReady(binaries: Binaries, folder: string, account: Account | null): void {
  const settings = Object.entries(LOG_SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const useUpOne = `SELECT pg_logical_emit_message(true, 'stam', 'next file');\nSELECT pg_switch_wal();\n`
  const run = spawnSync(
    binaries.postgres,
    ['--single', '-D', folderArgument(realpathSync(folder), account), ...settings, 'postgres'],
    { cwd: folder, env: environment(), encoding: 'utf8', input: useUpOne.repeat(LOG_FILES_READY), ...account },
  )
  if (run.status === 0) return
  const reason = run.error?.message ?? run.stderr.trim().split('\n').slice(-5).join('\n')
  throw new EmbeddedPostgresError('INIT_FAILED', `The write-ahead log in ${folder} could not be made ready:\n${reason}`)
}
