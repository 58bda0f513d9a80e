// Spec 06 "Web": dependency audit. What can be told without the registry; its own answer is asked by `npm run advisories`.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ACCEPTED_ADVISORIES } from './accepted-advisories.ts'
import {
  advisoriesOf,
  checkAccepted,
  checkInstalled,
  checkLockedPackages,
  type InstalledManifest,
  type LockedPackage,
  unaccepted,
} from './dependency-rules.ts'
import { ROOT } from './source-files.ts'

const read = (path: string): unknown => JSON.parse(readFileSync(join(ROOT, path), 'utf8'))
const { packages } = read('package-lock.json') as { packages: Record<string, LockedPackage> }
const { allowScripts } = read('package.json') as { allowScripts: Record<string, boolean> }
const mayRunScripts = new Set(Object.keys(allowScripts).filter((name) => allowScripts[name]))
const today = new Date().toISOString().slice(0, 10)

describe('every dependency', () => {
  test('is locked by version and content, comes from the registry, under a licence we can live with', () => {
    expect(checkLockedPackages(packages, mayRunScripts)).toEqual([])
  })

  test('is installed as it is locked, and runs nothing while it is installed', () => {
    const installed = Object.entries(packages).filter(
      ([path, entry]) => path.includes('node_modules/') && !entry.link && existsSync(join(ROOT, path, 'package.json')),
    )
    expect(installed.length).toBeGreaterThan(200)
    const faults = installed.flatMap(([path, entry]) =>
      checkInstalled(path, entry, read(join(path, 'package.json')) as InstalledManifest, mayRunScripts),
    )
    expect(faults).toEqual([])
  })

  test('has no known vulnerability that was accepted without a reason or for too long', () => {
    expect(checkAccepted(ACCEPTED_ADVISORIES, today)).toEqual([])
  })
})

describe('each rule, broken once', () => {
  const good: LockedPackage = { version: '1.2.3', integrity: `sha512-${'a'.repeat(86)}==`, license: 'MIT' }
  const faults = (change: object, path = 'node_modules/x') =>
    checkLockedPackages({ [path]: { ...good, ...change } }, new Set(['allowed']))

  test.each([
    ['a range', { version: '^1.2.3' }, 'has no exact version'],
    ['no integrity', { integrity: undefined }, 'has no sha512 integrity'],
    ['a weak one', { integrity: 'sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=' }, 'has no sha512 integrity'],
    [
      'an optional part of our own platform without one',
      { integrity: undefined, optional: true, os: ['linux'], cpu: ['x64'] },
      'has no sha512 integrity',
    ],
    ['a repository', { resolved: 'git+ssh://git@host/x.git#abc' }, 'comes from git+ssh://git@host/x.git#abc'],
    [
      'another registry',
      { resolved: 'https://registry.evil.example/x.tgz' },
      'comes from https://registry.evil.example/x.tgz',
    ],
    ['a licence nobody looked at', { license: 'SSPL-1.0' }, 'has the licence SSPL-1.0'],
    ['none', { license: undefined }, 'has the licence none'],
    ['an install script', { hasInstallScript: true }, 'wants to run an install script'],
  ])('%s is refused', (_, change, fault) => {
    expect(faults(change)).toEqual([`node_modules/x ${fault}`])
  })

  test('what is in order, ours, allowed, or for another platform is let through', () => {
    expect(faults({ resolved: 'https://registry.npmjs.org/x/-/x-1.2.3.tgz' })).toEqual([])
    expect(faults({ version: undefined, integrity: undefined }, 'packages/x')).toEqual([])
    expect(faults({ hasInstallScript: true }, 'node_modules/allowed')).toEqual([])
    expect(faults({ integrity: undefined, optional: true, os: ['darwin'], cpu: ['x64'] })).toEqual([])
    expect(faults({ integrity: undefined, optional: true, os: ['linux'], cpu: ['x64'], libc: ['musl'] })).toEqual([])
  })

  test('another version on the disk, or a script nobody mentioned, shows', () => {
    const on = (manifest: InstalledManifest) => checkInstalled('node_modules/x', good, manifest, new Set())
    expect(on({ version: '1.2.3', scripts: { test: 'x' } })).toEqual([])
    expect(on({ version: '1.2.4' })).toEqual(['node_modules/x is 1.2.4, locked is 1.2.3'])
    expect(on({ version: '1.2.3', scripts: { postinstall: 'curl x | sh' } })).toEqual([
      'node_modules/x has a postinstall script',
    ])
  })

  test('an advisory is open until it is accepted, and again when that has run out', () => {
    const via = [
      { url: 'https://github.com/advisories/GHSA-aaaa-bbbb-cccc', name: 'x', severity: 'high', title: 'bad' },
      'y',
    ]
    const found = advisoriesOf({ vulnerabilities: { x: { via }, z: { via: ['x'] } } })
    expect(found).toEqual([{ id: 'GHSA-aaaa-bbbb-cccc', packageName: 'x', severity: 'high', title: 'bad' }])
    const accepted = {
      id: 'GHSA-aaaa-bbbb-cccc',
      packageName: 'x',
      reason: 'only its command line is touched, we call its function',
      until: '2026-03-01',
    }
    expect(unaccepted(found ?? [], [], '2026-02-01')).toHaveLength(1)
    expect(unaccepted(found ?? [], [accepted], '2026-03-01')).toEqual([])
    expect(unaccepted(found ?? [], [accepted], '2026-03-02')).toHaveLength(1)
    expect(checkAccepted([accepted], '2026-03-02')).toHaveLength(1)
    expect(checkAccepted([{ ...accepted, reason: 'ok' }], '2026-03-01')).toHaveLength(1)
    for (const none of [null, {}, { message: '405' }]) expect(advisoriesOf(none)).toBeNull()
  })
})
