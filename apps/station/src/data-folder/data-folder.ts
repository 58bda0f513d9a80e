import { accessSync, chmodSync, constants, mkdirSync, readdirSync, realpathSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { StationError } from '../errors.ts'
import { lockFolder } from './folder-lock.ts'
import { readJsonFile, writeJsonFile } from './json-file.ts'
import { generateStationSecrets, StationSecrets } from './station-secrets.ts'

/** Grows when older programs cannot live with what is in the folder. The database's schema has its own version. */
const FORMAT = 1
const MANIFEST = 'station.json'
const SECRETS = 'secrets.json'

const Manifest = z.object({
  format: z.int().min(1),
  /** The program version that wrote it last; for people. */
  version: z.string(),
  /** Demo data and users are in it; decided at the first start, for good. */
  demo: z.boolean(),
  /** Simulated panels to run unless told otherwise. */
  panels: z.int().min(0),
  created_at: z.string(),
})
export type Manifest = z.output<typeof Manifest>

export interface DataFolder {
  /** Without symbolic links. */
  readonly path: string
  /** True at the very first start. */
  readonly fresh: boolean
  readonly manifest: Manifest
  readonly secrets: StationSecrets
  at(...names: string[]): string
  saveManifest(changes: Partial<Omit<Manifest, 'format'>>): void
  saveSecrets(changes: Partial<StationSecrets>): void
  /** Lets others have it. */
  close(): Promise<void>
}

/**
 * Opens the one folder in which everything of a station lives, and makes it at the first start. Rejects FOLDER_UNUSABLE,
 * FOLDER_NOT_OURS, FOLDER_IN_USE, FOLDER_OF_NEWER_VERSION; nothing is changed then.
 */
export async function openDataFolder(
  path: string,
  first: Pick<Manifest, 'version' | 'demo' | 'panels'>,
): Promise<DataFolder> {
  const folder = makeFolder(resolve(path))
  const unlock = await lockFolder(folder)
  try {
    const existing = readManifest(folder)
    const secrets = readJsonFile(join(folder, SECRETS), StationSecrets) ?? firstSecrets(folder, existing)
    const manifest: Manifest = existing ?? { format: FORMAT, ...first, created_at: new Date().toISOString() }
    // The manifest comes last: a folder that has one is complete.
    if (existing === null) writeJsonFile(join(folder, MANIFEST), manifest)
    return new OpenFolder(folder, existing === null, manifest, secrets, unlock)
  } catch (error) {
    await unlock()
    throw error
  }
}

function makeFolder(path: string): string {
  try {
    mkdirSync(path, { recursive: true, mode: 0o711 })
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
    const entries = readdirSync(path)
    if (entries.length > 0 && !entries.some((name) => name === MANIFEST || name === SECRETS)) {
      throw new StationError(
        'FOLDER_NOT_OURS',
        `${path} holds files of something else. Choose an empty or new folder with --data.`,
      )
    }
    // The account of the database server must be able to pass through to its own folder inside, and see nothing else.
    if (entries.length === 0 && process.getuid?.() === 0) chmodSync(path, 0o711)
    return realpathSync(path)
  } catch (cause) {
    if (cause instanceof StationError) throw cause
    throw new StationError(
      'FOLDER_UNUSABLE',
      `The data folder ${path} cannot be used: ${(cause as Error).message}. ` +
        'Give this account write permission, or choose another folder with --data.',
      { cause },
    )
  }
}

function readManifest(folder: string): Manifest | null {
  const manifest = readJsonFile(join(folder, MANIFEST), Manifest)
  if (manifest !== null && manifest.format > FORMAT) throw newerVersion(folder, manifest.version)
  return manifest
}

export function newerVersion(folder: string, version: string): StationError {
  return new StationError(
    'FOLDER_OF_NEWER_VERSION',
    `${folder} was written by a newer version (${version}). Start that version, or choose another folder with --data.`,
  )
}

function firstSecrets(folder: string, manifest: Manifest | null): StationSecrets {
  if (manifest !== null) {
    throw new StationError(
      'FOLDER_UNUSABLE',
      `${join(folder, SECRETS)} is missing; without it the data cannot be opened.`,
    )
  }
  const secrets = generateStationSecrets()
  writeJsonFile(join(folder, SECRETS), secrets)
  return secrets
}

class OpenFolder implements DataFolder {
  readonly path: string
  readonly fresh: boolean
  #manifest: Manifest
  #secrets: StationSecrets
  readonly #unlock: () => Promise<void>

  constructor(path: string, fresh: boolean, manifest: Manifest, secrets: StationSecrets, unlock: () => Promise<void>) {
    this.path = path
    this.fresh = fresh
    this.#manifest = manifest
    this.#secrets = secrets
    this.#unlock = unlock
  }

  get manifest(): Manifest {
    return this.#manifest
  }

  get secrets(): StationSecrets {
    return this.#secrets
  }

  at(...names: string[]): string {
    return join(this.path, ...names)
  }

  saveManifest(changes: Partial<Omit<Manifest, 'format'>>): void {
    this.#manifest = { ...this.#manifest, ...changes }
    writeJsonFile(this.at(MANIFEST), this.#manifest)
  }

  saveSecrets(changes: Partial<StationSecrets>): void {
    this.#secrets = { ...this.#secrets, ...changes }
    writeJsonFile(this.at(SECRETS), this.#secrets)
  }

  close(): Promise<void> {
    return this.#unlock()
  }
}
