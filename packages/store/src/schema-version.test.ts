import { describe, expect, it } from 'vitest'
import { type Migration, ownMigrations, parseMigrationName, type SchemaFit, schemaFit } from './schema-version.ts'

const done = (...names: string[]): Migration[] => names.map((name) => parseMigrationName(name) as Migration)
const own = done('0001_one', '0002_two')

describe('schemaFit', () => {
  it.each<[string, Migration[], SchemaFit]>([
    ['a fresh database', [], 'too-old'],
    ['an older one', done('0001_one'), 'too-old'],
    ['the same', own, 'fits'],
    ['a newer one', done('0001_one', '0002_two', '0003_three'), 'newer-compatible'],
    ['a newer one with a breaking step', done('0001_one', '0002_two', '0003_three.breaking', '0004_four'), 'too-new'],
    ['one of another history', done('0001_other', '0002_two'), 'too-old'],
    ['a breaking step we know', done('0001_one', '0002_two'), 'fits'],
  ])('%s', (_what, applied, fit) => {
    expect(schemaFit(own, applied)).toBe(fit)
  })

  it('reads number and marker from the name, and nothing else', () => {
    expect(parseMigrationName('0007_split-alarms.breaking')).toEqual({
      version: 7,
      name: '0007_split-alarms.breaking',
      breaking: true,
    })
    for (const wrong of ['7_x', '0007-x', '0007_X', '0007_x.sql', '0007_x.breaking.more', ''])
      expect(parseMigrationName(wrong)).toBeUndefined()
  })

  it('finds our own files without a gap', () => {
    const migrations = ownMigrations()
    expect(migrations.map(({ version }) => version)).toEqual(migrations.map((_, index) => index + 1))
  })
})
