import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { completeLockFile, type LockFile, missingEntries } from './lock-file.ts'
import { ROOT } from './source-files.ts'

test('the lock file names every platform, so that npm ci accepts it from a fresh clone (else: npm run lock)', () => {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as LockFile
  expect(Object.keys(lock.packages).length).toBeGreaterThan(200)
  expect(missingEntries(lock)).toEqual([])
})

test('a missing platform is found and described by its name and its siblings', () => {
  const lock: LockFile = {
    packages: {
      '': {},
      'node_modules/lint': {
        version: '1.0.0',
        dev: true,
        optionalDependencies: { '@lint/linux-x64-musl': '1.0.0', '@lint/linux-x64-gnu': '1.0.0' },
      },
      'node_modules/@lint/linux-x64-gnu': {
        version: '1.0.0',
        license: 'MIT',
        engines: { node: '>=20' },
        os: ['linux'],
        cpu: ['x64'],
        optional: true,
      },
    },
  }
  expect(missingEntries(lock)).toEqual([
    { parent: 'node_modules/lint', name: '@lint/linux-x64-musl', version: '1.0.0' },
  ])
  const completed = completeLockFile(lock)
  expect(missingEntries(completed)).toEqual([])
  expect(completed.packages['node_modules/@lint/linux-x64-musl']).toEqual({
    version: '1.0.0',
    cpu: ['x64'],
    libc: ['musl'],
    os: ['linux'],
    dev: true,
    license: 'MIT',
    optional: true,
    engines: { node: '>=20' },
  })
})

test('an entry nested under its dependent counts', () => {
  const lock: LockFile = {
    packages: {
      'node_modules/a/node_modules/b': { version: '1.0.0', optionalDependencies: { c: '1.0.0' } },
      'node_modules/a/node_modules/c': { version: '1.0.0' },
    },
  }
  expect(missingEntries(lock)).toEqual([])
})
