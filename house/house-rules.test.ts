import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkBannedText, checkConsoleBundle, checkImports, checkNames } from './checks.ts'
import { MAY_IMPORT, PURE_WORKSPACES } from './import-matrix.ts'
import { parseSourceFile, ROOT, readSourceFiles, type SourceFile } from './source-files.ts'

const files = readSourceFiles()

describe('the repository', () => {
  test('imports as the matrix allows', () => expect(checkImports(files)).toEqual([]))
  test('ships nothing of Node to the browser', () => expect(checkConsoleBundle(files)).toEqual([]))
  test('keeps SQL, broker names, keys and the environment where they belong', () =>
    expect(checkBannedText(files)).toEqual([]))
  test('names files after what is inside', () => expect(checkNames(files)).toEqual([]))

  test('has every workspace in the matrix, under its own name, with one door and exact versions', () => {
    for (const folder of ['packages', 'apps'].flatMap((parent) =>
      readdirSync(join(ROOT, parent)).map((name) => join(parent, name)),
    )) {
      const manifest = readManifest(folder)
      if (!manifest) continue
      const name = folder.split('/')[1] as string
      expect(Object.keys(MAY_IMPORT), 'the import matrix').toContain(name)
      expect(manifest.name).toBe(`@stam/${name}`)
      expect(manifest.exports?.['.'], `${folder}: door`).toBe('./src/index.ts')
      expect(manifest.license, folder).toBe('Apache-2.0')
      for (const [dependency, version] of dependenciesOf(manifest)) {
        expect(version, `${folder}: ${dependency}`).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/)
      }
    }
  })

  test('gives the pure packages and the protocol no dependency but the schema library', () => {
    for (const name of [...PURE_WORKSPACES, 'integra']) {
      const outside = Object.keys(readManifest(`packages/${name}`)?.dependencies ?? {}).filter(
        (dependency) => !dependency.startsWith('@stam/'),
      )
      expect(
        outside.filter((dependency) => dependency !== 'zod'),
        name,
      ).toEqual([])
    }
  })

  test('was read: the checks see files, imports and texts', () => {
    expect(files.length).toBeGreaterThan(100)
    expect(files.flatMap((file) => file.imports).length).toBeGreaterThan(300)
    expect(files.flatMap((file) => file.literals).length).toBeGreaterThan(1_000)
  })
})

describe('each rule, broken once', () => {
  const broken = (path: string, text: string) => parseSourceFile(path, text)
  const imports = (path: string, text: string) => checkImports([broken(path, text)])
  const banned = (path: string, text: string) => checkBannedText([broken(path, text)])

  test.each([
    ['an app that imports an app', 'apps/backend/src/a.ts', "import { x } from '@stam/simulator'"],
    ['the protocol that knows our log', 'packages/integra/src/a.ts', "import { x } from '@stam/runtime'"],
    ['a re-export', 'packages/domain/src/a.ts', "export * from '@stam/store'"],
    ['a dynamic import', 'packages/contracts/src/a.ts', "const x = await import('@stam/runtime')"],
    ['a type alone', 'apps/console/src/a.ts', "import type { X } from '@stam/store'"],
    ['a deep import by name', 'apps/backend/src/a.ts', "import { x } from '@stam/store/src/connection.ts'"],
    ['a deep import by path', 'apps/backend/src/a.ts', "import { x } from '../../../packages/store/src/connection.ts'"],
    ['the whole protocol in the simulator', 'apps/simulator/src/a.ts', "import { x } from '@stam/integra'"],
    ['testkit in production code', 'apps/backend/src/a.ts', "import { x } from '@stam/testkit'"],
    ['an own door', 'packages/store/src/a.ts', "import { x } from '@stam/store'"],
    ['a hidden library', 'apps/backend/src/a.ts', "import pg from 'pg'"],
    ['Node in the pure rules', 'packages/domain/src/a.ts', "import { readFileSync } from 'node:fs'"],
    ['an unknown workspace', 'apps/newcomer/src/a.ts', "import { x } from '@stam/contracts'"],
  ])('%s is refused', (_, path, text) => {
    expect(imports(path, text)).toEqual([expect.stringContaining(`${path}:1 `)])
  })

  test.each([
    ['testkit in a test', 'apps/backend/test/a.test.ts', "import { x } from '@stam/testkit'"],
    ['the codec in the simulator', 'apps/simulator/src/a.ts', "import { x } from '@stam/integra/codec'"],
    ['every door in the station', 'apps/station/src/a.ts', "import { x } from '@stam/backend'"],
    ['a file of its own', 'packages/store/src/a.ts', "import { x } from './b.ts'"],
  ])('%s is allowed', (_, path, text) => {
    expect(imports(path, text)).toEqual([])
  })

  test('Node in the browser bundle is found through our packages', () => {
    const bundle: SourceFile[] = [
      broken('apps/console/src/main.tsx', "import { x } from './a'"),
      broken('apps/console/src/a.ts', "import { y } from '@stam/domain'"),
      broken('packages/domain/src/index.ts', "export { y } from './rules.ts'"),
      broken('packages/domain/src/rules.ts', "import { hash } from 'crypto'"),
    ]
    expect(checkConsoleBundle(bundle)).toEqual(['packages/domain/src/rules.ts:1 brings crypto into the browser bundle'])
  })

  test.each([
    ['process.env', 'apps/backend/src/main.ts', 'const port = process.env.PORT'],
    ['SQL', 'apps/backend/src/a.ts', 'const q = `SELECT * FROM alarms WHERE id = ${id}`'],
    ['SQL over several lines', 'apps/backend/src/a.ts', 'const q = `\n  UPDATE alarms\n SET x = 1`'],
    ['an exchange', 'apps/backend/src/a.ts', "publish('system.stream', message)"],
    ['a Redis key', 'apps/satel-worker/src/a.ts', 'const key = `lease:${panelId}`'],
    ['the time in the pure rules', 'packages/domain/src/a.ts', 'const now = Date.now()'],
    ['a test alone', 'packages/store/src/a.test.ts', "test.only('x', () => {})"],
    ['a promise to do it later', 'packages/store/src/a.ts', '// TODO: later'],
    ['a path of one machine', 'packages/store/src/a.ts', "const x = '/work/main/x'"],
  ])('%s is refused', (_, path, text) => {
    expect(banned(path, text)).toHaveLength(1)
  })

  test.each([
    ['process.env in config.ts', 'apps/backend/src/config.ts', 'const env = process.env'],
    ['SQL in store', 'packages/store/src/a.ts', "query('SELECT id FROM alarms')"],
    ['English that begins like SQL', 'apps/backend/src/a.ts', "fail('select a site from the list')"],
  ])('%s is allowed', (_, path, text) => {
    expect(banned(path, text)).toEqual([])
  })

  test.each([
    'packages/store/src/utils.ts',
    'packages/store/src/alarm-helpers.ts',
    'apps/backend/src/AlarmList.ts',
    'apps/backend/src/common/a.ts',
  ])('the name %s is refused', (path) => {
    expect(checkNames([broken(path, '')])).toHaveLength(1)
  })
})

interface Manifest {
  readonly name: string
  readonly license?: string
  readonly exports?: Record<string, string>
  readonly dependencies?: Record<string, string>
  readonly devDependencies?: Record<string, string>
  readonly optionalDependencies?: Record<string, string>
  readonly peerDependencies?: Record<string, string>
}

function readManifest(folder: string): Manifest | null {
  const path = join(ROOT, folder, 'package.json')
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Manifest) : null
}

function dependenciesOf(manifest: Manifest): [string, string][] {
  const { dependencies, devDependencies, optionalDependencies, peerDependencies } = manifest
  return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies, ...peerDependencies })
}
