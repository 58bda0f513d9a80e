/** Comments cite the protocol as "reference 4.3"; whoever has this repository alone must be able to look it up. Links between pages must lead somewhere. */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')
const files = (pattern: string) =>
  globSync(pattern, { cwd: root, exclude: (name) => /node_modules|\/dist\//.test(String(name)) }).map((path) =>
    path.replaceAll('\\', '/'),
  )

it('every cited section of the protocol is on the page', () => {
  const page = readFileSync(join(root, 'docs/protocol.md'), 'utf8')
  const sections = new Set([...page.matchAll(/^#+ (\d+(?:\.\d+)?)\b/gm)].map((match) => match[1]))
  const cited = new Map<string, string>()
  for (const path of files('{apps,packages,docs}/**/*.{ts,tsx,md,sql}')) {
    const text = readFileSync(join(root, path), 'utf8')
    for (const match of text.matchAll(/\b(?:reference|protocol)(?: section)? (\d+(?:\.\d+)?)(?![\d.]*\d)/g)) {
      cited.set(match[1] as string, path)
    }
  }
  expect(cited.size).toBeGreaterThan(30)
  expect([...cited].filter(([section]) => !sections.has(section))).toEqual([])
})

it('links between pages lead to a file', () => {
  const dead: string[] = []
  for (const path of [...files('docs/**/*.md'), ...files('*.md'), ...files('{apps,packages}/*/README.md')]) {
    const text = readFileSync(join(root, path), 'utf8')
    for (const [, target = ''] of text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
      if (/^[a-z]+:/.test(target)) continue
      if (!existsSync(resolve(root, dirname(path), target))) dead.push(`${path} → ${target}`)
    }
  }
  expect(dead).toEqual([])
})
