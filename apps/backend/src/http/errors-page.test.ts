// House rule 11: the catalogue and docs/errors.md say the same, in both directions, and every code is really used.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { errorCodes } from '@stam/contracts'
import { describe, expect, it } from 'vitest'
import { errorTexts } from './error-catalogue.ts'
import { errorsPage } from './errors-page.ts'

const page = readFileSync(new URL('../../../../docs/errors.md', import.meta.url), 'utf8')

describe('the error catalogue', () => {
  it('is what docs/errors.md says, word for word', () => {
    expect(page, 'old: run npm run docs -w @stam/backend').toBe(errorsPage())
  })

  it('has every code of the contracts, and the page has no other', () => {
    expect(Object.keys(errorTexts).toSorted()).toEqual(Object.keys(errorCodes).toSorted())
    const rest = page.slice(page.indexOf('## REST'), page.indexOf('## WebSocket'))
    const onPage = [...rest.matchAll(/^\| `([A-Z_]+)` \| (\d{3}) \|/gm)].map(([, code, status]) => [
      code,
      Number(status),
    ])
    expect(Object.fromEntries(onPage)).toEqual(errorCodes)
  })

  it('holds only codes something can answer with', () => {
    const sources = filesUnder(fileURLToPath(new URL('..', import.meta.url)))
      .concat(filesUnder(fileURLToPath(new URL('../../../../packages/domain/src', import.meta.url))))
      .filter((file) => !/error-catalogue|\.test\./.test(file))
      .map((file) => readFileSync(file, 'utf8'))
      .join('\n')
    // Users are edited in the administration, which comes next; its code is reserved.
    const unused = Object.keys(errorCodes).filter((code) => !sources.includes(`'${code}'`) && code !== 'USER_NOT_FOUND')
    expect(unused).toEqual([])
  })
})

function filesUnder(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? filesUnder(path) : path.endsWith('.ts') ? [path] : []
  })
}
