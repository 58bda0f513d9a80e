import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Queryable } from './connection.ts'
import { isStoreError, StoreError } from './errors.ts'

export const MIGRATIONS_FOLDER = fileURLToPath(new URL('../migrations', import.meta.url))
export const MIGRATIONS_TABLE = 'schema_migrations'

/** One numbered file, or one row of the migrations table: `0007_split-alarms` or, if old processes cannot live with it, `0007_split-alarms.breaking`. */
export interface Migration {
  readonly version: number
  readonly name: string
  readonly breaking: boolean
}

/**
 * The number orders, `.breaking` marks. The marker is in the name because the name is what the database keeps: an older process reads it there
 * without having the file.
 */
export function parseMigrationName(name: string): Migration | undefined {
  const match = /^(\d{4})_[a-z0-9-]+(\.breaking)?$/.exec(name)
  return match ? { version: Number(match[1]), name, breaking: match[2] !== undefined } : undefined
}

/** What this code brings along, in order. Throws if a file is misnamed or a number is used twice. */
export function ownMigrations(folder: string = MIGRATIONS_FOLDER): Migration[] {
  const found = readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => {
      const migration = parseMigrationName(file.slice(0, -'.sql'.length))
      if (!migration)
        throw new StoreError('MIGRATION_FAILED', `migration file ${file} is not named NNNN_what-it-does[.breaking].sql`)
      return migration
    })
  found.forEach((migration, index) => {
    if (migration.version !== index + 1) {
      throw new StoreError('MIGRATION_FAILED', `migration ${migration.name} should be number ${index + 1}`)
    }
  })
  return found
}

/** What the database has gone through; empty for a fresh one. */
export async function appliedMigrations(db: Queryable): Promise<Migration[]> {
  try {
    const rows = await db.query<{ name: string }>(`SELECT name FROM ${MIGRATIONS_TABLE} ORDER BY id`)
    return rows.map(
      ({ name }) => parseMigrationName(name) ?? { version: Number.MAX_SAFE_INTEGER, name, breaking: true },
    )
  } catch (error) {
    if (isStoreError(error, 'QUERY_FAILED')) return []
    throw error
  }
}

export type SchemaFit = 'fits' | 'too-old' | 'newer-compatible' | 'too-new'

/** Whether code that brings `own` can work on a database that has gone through `applied`. */
export function schemaFit(own: readonly Migration[], applied: readonly Migration[]): SchemaFit {
  const current = own.at(-1)?.version ?? 0
  const newer = applied.filter((migration) => migration.version > current)
  if (newer.some((migration) => migration.breaking)) return 'too-new'
  if (own.some((migration) => !applied.some((done) => done.name === migration.name))) return 'too-old'
  return newer.length > 0 ? 'newer-compatible' : 'fits'
}

export async function requireCompatibleSchema(db: Queryable): Promise<void> {
  const own = ownMigrations()
  const applied = await appliedMigrations(db)
  const fit = schemaFit(own, applied)
  if (fit === 'too-new') throw tooNew(applied)
  if (fit === 'too-old') {
    throw new StoreError(
      'SCHEMA_TOO_OLD',
      `the database is at migration ${applied.at(-1)?.name ?? 'none'}, ${own.at(-1)?.name} is needed; run the migrations first`,
    )
  }
}

export function tooNew(applied: readonly Migration[]): StoreError {
  return new StoreError(
    'SCHEMA_TOO_NEW',
    `the database was upgraded by a newer version (migration ${applied.at(-1)?.name}); this version must not touch it`,
  )
}
