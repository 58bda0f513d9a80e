// docs/security/asvs.md is complete, each requirement once, and its evidence exists.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from './source-files.ts'

/** Levels 1 and 2 of ASVS 4.0.3: last number of each section, and which are missing on the way (level 3, or deleted there). */
const SECTIONS: Readonly<Record<string, readonly [last: number, without?: readonly number[]]>> = {
  '1.1': [7],
  '1.2': [4],
  '1.4': [5, [2, 3]],
  '1.5': [4],
  '1.6': [4],
  '1.7': [2],
  '1.8': [2],
  '1.9': [2],
  '1.10': [1],
  '1.11': [2],
  '1.12': [2, [1]],
  '1.14': [6],
  '2.1': [12],
  '2.2': [3],
  '2.3': [3],
  '2.4': [5],
  '2.5': [7],
  '2.6': [3],
  '2.7': [6],
  '2.8': [7],
  '2.9': [3],
  '2.10': [4],
  '3.1': [1],
  '3.2': [4],
  '3.3': [4],
  '3.4': [5],
  '3.5': [3],
  '3.7': [1],
  '4.1': [5, [4]],
  '4.2': [2],
  '4.3': [3],
  '5.1': [5],
  '5.2': [8],
  '5.3': [10],
  '5.4': [3],
  '5.5': [4],
  '6.1': [3],
  '6.2': [6],
  '6.3': [2],
  '6.4': [2],
  '7.1': [4],
  '7.2': [2],
  '7.3': [4, [2]],
  '7.4': [3],
  '8.1': [4],
  '8.2': [3],
  '8.3': [8],
  '9.1': [3],
  '9.2': [4],
  '10.2': [2],
  '10.3': [3],
  '11.1': [8],
  '12.1': [3],
  '12.2': [1],
  '12.3': [6],
  '12.4': [2],
  '12.5': [2],
  '12.6': [1],
  '13.1': [5, [2]],
  '13.2': [6, [4]],
  '13.3': [2],
  '13.4': [2],
  '14.1': [4],
  '14.2': [6],
  '14.3': [3, [1]],
  '14.4': [7],
  '14.5': [4],
}
const required = Object.entries(SECTIONS).flatMap(([section, [last, without = []]]) =>
  Array.from({ length: last }, (_, n) => n + 1)
    .filter((n) => !without.includes(n))
    .map((n) => `${section}.${n}`),
)

const rows = readFileSync(join(ROOT, 'docs/security/asvs.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| \d/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, ids = '', asks = '', state = '', evidence = '']) => ({ ids: ids.split(', '), asks, state, evidence }))

test('every requirement of levels 1 and 2 has exactly one row, and no other is there', () => {
  const listed = rows.flatMap(({ ids }) => ids)
  expect(
    listed.filter((id, at) => listed.indexOf(id) !== at),
    'twice',
  ).toEqual([])
  expect(
    required.filter((id) => !listed.includes(id)),
    'missing',
  ).toEqual([])
  expect(
    listed.filter((id) => !required.includes(id)),
    'of another level',
  ).toEqual([])
})

test('every row says what holds, and by what; what is only a part of it says what is missing', () => {
  for (const { ids, asks, state, evidence } of rows) {
    expect(asks.length, ids[0]).toBeGreaterThan(3)
    expect(state, ids[0]).toMatch(/^(holds|part|\*\*gap\*\*|\*n\/a\*)/)
    expect(evidence.length, ids[0]).toBeGreaterThan(3)
  }
})

test('the tests and files it names exist', () => {
  const tests = ['packages', 'apps'].flatMap((parent) =>
    readdirSync(join(ROOT, parent)).flatMap((name) => {
      const folder = join(ROOT, parent, name, 'test')
      return existsSync(folder) ? readdirSync(folder) : []
    }),
  )
  const named = rows.flatMap(({ evidence }) =>
    [...evidence.matchAll(/`([a-z][\w./-]*)`/g)].map(([, name = '']) => name),
  )
  const files = named.filter((name) => /\/.+/.test(name) || /\.(md|json|ts)$/.test(name))
  const scenarios = named.filter((name) => /^[a-z]+(-[a-z]+){3,}$/.test(name))
  expect(files.length).toBeGreaterThan(20)
  expect(scenarios.length).toBeGreaterThan(20)
  expect(files.filter((name) => !existsSync(join(ROOT, name)))).toEqual([])
  expect(scenarios.filter((name) => !tests.includes(`${name}.test.ts`))).toEqual([])
})
