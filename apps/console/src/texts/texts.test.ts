import { parse, TYPE } from '@formatjs/icu-messageformat-parser'
import { describe, expect, test } from 'vitest'
import { en } from './en.ts'
import { type MessageKey, pl } from './pl.ts'

const catalogues: Readonly<Record<string, Readonly<Record<string, string>>>> = { pl, en }
const keys = Object.keys(pl) as MessageKey[]
const files = import.meta.glob<string>('../**/*.{ts,tsx}', { query: '?raw', import: 'default', eager: true })
const sources = Object.entries(files)
  .filter(
    ([file]) =>
      !/\.test\.tsx?$/.test(file) && !/texts\/(sign-in-)?(pl|en)\.ts$|^\.\/(sign-in-)?(pl|en)\.ts$/.test(file),
  )
  .map(([, text]) => text)
  .join('\n')

type Element = ReturnType<typeof parse>[number]

/** Names of the values a text needs, with the plural forms it offers. */
function valuesOf(elements: readonly Element[]): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>()
  for (const element of elements) {
    if (element.type === TYPE.plural) {
      found.set(element.value, Object.keys(element.options))
      for (const option of Object.values(element.options))
        for (const [name, forms] of valuesOf(option.value)) found.set(name, forms)
    } else if (element.type === TYPE.argument && !found.has(element.value)) found.set(element.value, [])
  }
  return found
}

describe('the catalogues', () => {
  test('have the same keys', () => {
    for (const catalogue of Object.values(catalogues)) expect(Object.keys(catalogue).sort()).toEqual([...keys].sort())
  })

  test('have a text for each', () => {
    for (const [language, catalogue] of Object.entries(catalogues)) {
      for (const [key, text] of Object.entries(catalogue)) expect(text.trim(), `${language} ${key}`).not.toBe('')
    }
  })

  test('need no value that Polish has not, and have the plural forms the language has', () => {
    const forms: Record<string, readonly string[]> = { pl: ['one', 'few', 'many', 'other'], en: ['one', 'other'] }
    for (const key of keys) {
      const names: string[][] = []
      for (const [language, catalogue] of Object.entries(catalogues)) {
        const values = valuesOf(parse(catalogue[key] ?? ''))
        names.push([...values.keys()].sort())
        for (const [name, offered] of values) {
          if (offered.length > 0)
            expect(offered, `${language} ${key} {${name}}`).toEqual(
              expect.arrayContaining([...(forms[language] ?? [])]),
            )
        }
      }
      // English may need fewer: "critical" has no plural.
      expect(names[0], key).toEqual(expect.arrayContaining(names[1] ?? []))
    }
  })
})

describe('the screens', () => {
  test('use every text: none is left over', () => {
    // `bar.CRITICAL` is written as `bar.${priority}`.
    const composed = [...sources.matchAll(/`([a-z_.]+)\$\{[a-z]+\}`/g)].map((match) => match[1] ?? '')
    const used = (key: string): boolean =>
      sources.includes(`'${key}'`) ||
      sources.includes(`"${key}"`) ||
      composed.some((start) => start !== '' && key.startsWith(start))
    expect(keys.filter((key) => !used(key))).toEqual([])
  })

  test('ask for no text that does not exist', () => {
    const asked = [...sources.matchAll(/\bt\(\s*'([a-z_.]+)'/gi)].map((match) => match[1] ?? '')
    expect(asked.length).toBeGreaterThan(100)
    expect(asked.filter((key) => !(key in pl))).toEqual([])
  })

  test('contain no Polish of their own', () => {
    const stripped = sources
      .replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, '')
      .replace(/\{\s*pl: '[^']*',\s*en: '[^']*',?\s*\}/g, '')
    expect(stripped.match(/[ąćęłńśźżĄĆĘŁŃŚŹŻ][^\n]{0,40}/g)?.filter((text) => !text.startsWith("ł', 'l'"))).toEqual([])
  })
})
