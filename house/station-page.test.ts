import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { EMBEDDED_POSTGRES_ERROR_CODES } from '@stam/embedded-postgres'
import { STATION_ERROR_CODES } from '@stam/station'
import { expect, test } from 'vitest'
import { ROOT } from './source-files.ts'

test('the page about the station and the catalogues in the code name the same errors', () => {
  const page = readFileSync(join(ROOT, 'docs/operations/station.md'), 'utf8')
  const told = Object.fromEntries(
    [...page.matchAll(/^\| `([A-Z_]+)` \| (.+) \|$/gm)].map(([, code, text]) => [code, text]),
  )
  const known: Record<string, string> = { ...EMBEDDED_POSTGRES_ERROR_CODES, ...STATION_ERROR_CODES }
  // One reason from two sources: whichever of them finds out, the person is told the station's.
  expect(told).toEqual(known)
})
