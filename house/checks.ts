import { builtinModules } from 'node:module'
import { dirname, join } from 'node:path'
import {
  LIBRARY_OWNERS,
  MAY_IMPORT,
  PURE_WORKSPACES,
  ROOT_FOLDERS_MAY_IMPORT_ALL,
  TESTS_MAY_IMPORT,
} from './import-matrix.ts'
import type { SourceFile } from './source-files.ts'

/** A broken rule, as `path:line what is wrong`. */
export type Violation = string

/** Imports against the matrix, past a door, and over the border between two workspaces. */
export function checkImports(files: readonly SourceFile[]): Violation[] {
  return files.flatMap((file) =>
    file.imports.flatMap(({ specifier, line }) => {
      const problem = specifier.startsWith('@stam/')
        ? checkWorkspaceImport(file, specifier.slice('@stam/'.length))
        : specifier.startsWith('.')
          ? checkRelativeImport(file, specifier)
          : checkLibraryImport(file, specifier)
      return problem === null ? [] : [`${file.path}:${line} ${problem}`]
    }),
  )
}

function checkWorkspaceImport(file: SourceFile, door: string): string | null {
  if (ROOT_FOLDERS_MAY_IMPORT_ALL.includes(file.workspace)) return null
  const allowed = MAY_IMPORT[file.workspace] ?? []
  if (allowed.includes(door) || (file.kind === 'test' && TESTS_MAY_IMPORT.includes(door))) return null
  if (door === file.workspace) return `imports its own door @stam/${door}; use a relative path`
  return `${file.workspace} (${file.kind}) may not import @stam/${door}`
}

function checkRelativeImport(file: SourceFile, specifier: string): string | null {
  const target = join(dirname(file.path), specifier)
  const home = /^(?:packages|apps)\/[^/]+\//.exec(file.path)?.[0]
  const there = /^(?:packages|apps)\/[^/]+\//.exec(target)?.[0]
  if (home === there) return null
  return `reaches past a door into ${target}; import the package by its name`
}

function checkLibraryImport(file: SourceFile, specifier: string): string | null {
  const library = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
  if (file.kind === 'test') return null
  const owners = LIBRARY_OWNERS[library]
  if (owners && !owners.includes(file.workspace)) return `${library} is hidden behind ${owners[0]}`
  if (PURE_WORKSPACES.includes(file.workspace) && library !== 'zod')
    return `${file.workspace} may not import ${specifier}`
  return null
}

/** Everything the browser loads, followed from the console's sources through our packages: nothing of Node in it. */
export function checkConsoleBundle(files: readonly SourceFile[]): Violation[] {
  const byPath = new Map(files.map((file) => [file.path, file]))
  const waiting = files.filter((file) => file.path.startsWith('apps/console/src/') && file.kind === 'production')
  const seen = new Set(waiting)
  const violations: Violation[] = []
  for (let file = waiting.pop(); file; file = waiting.pop()) {
    for (const { specifier, line, typeOnly } of file.imports) {
      if (typeOnly) continue
      if (isNodeModule(specifier)) violations.push(`${file.path}:${line} brings ${specifier} into the browser bundle`)
      for (const path of candidates(file, specifier)) {
        const next = byPath.get(path)
        if (!next || seen.has(next)) continue
        seen.add(next)
        waiting.push(next)
        if (!/^(apps\/console|packages\/(contracts|domain))\//.test(path)) {
          violations.push(`${file.path}:${line} brings ${path} into the browser bundle`)
        }
      }
    }
  }
  return violations
}

function candidates(file: SourceFile, specifier: string): string[] {
  const bare = specifier.startsWith('.') ? join(dirname(file.path), specifier) : null
  if (bare !== null) return [bare, `${bare}.ts`, `${bare}.tsx`, `${bare}/index.ts`]
  const [, name, door] = /^@stam\/([^/]+)(?:\/(.+))?$/.exec(specifier) ?? []
  if (name === undefined) return []
  const inside = door === undefined ? 'src/index.ts' : `src/${door}/index.ts`
  return [`packages/${name}/${inside}`, `apps/${name}/${inside}`]
}

function isNodeModule(specifier: string): boolean {
  return specifier.startsWith('node:') || builtinModules.includes(specifier)
}

interface BannedText {
  readonly what: string
  readonly pattern: RegExp
  /** `literals` looks inside quotes only, `source` at the whole line without comments. */
  readonly where: 'literals' | 'source'
  readonly allowed: (file: SourceFile) => boolean
}

const isTest = (file: SourceFile) => file.kind === 'test'
const isIn = (file: SourceFile, ...workspaces: string[]) => workspaces.includes(file.workspace)

/** What may stand only where the design puts it. */
const BANNED: readonly BannedText[] = [
  {
    what: 'process.env is read in config.ts only',
    pattern: /\bprocess\s*\.\s*env\b|\bimport\.meta\.env\b(?!\.(DEV|PROD|MODE|BASE_URL))/,
    where: 'source',
    allowed: (file) => /(^|\/)[a-z.-]*config\.ts$/.test(file.path),
  },
  {
    what: 'SQL belongs in store',
    pattern:
      /^\s*(SELECT\b[^]*\bFROM|INSERT INTO|UPDATE \w+\s+SET|DELETE FROM|CREATE (TABLE|DATABASE|INDEX|ROLE)|ALTER (TABLE|ROLE)|DROP (TABLE|DATABASE)|TRUNCATE|WITH \w+ AS|LISTEN \w+|NOTIFY \w+|BEGIN$|COMMIT$)/,
    where: 'literals',
    allowed: (file) => isTest(file) || isIn(file, 'store', 'testkit', 'bench', 'lab'),
  },
  {
    what: "the broker's names belong in bus",
    pattern:
      /^(system\.(dlx|stream|commands|notifications|canary)|satel\.events|cmd\.satel\.|notification\.(push|email|sms)\b|events\.(dead|processing\.\S))/,
    where: 'literals',
    allowed: (file) => isTest(file) || isIn(file, 'bus', 'lab', 'console'),
  },
  {
    what: 'Redis keys belong in live',
    pattern: /^(stam|panel|lease|ticket|replay|limit|beat|presence):\$\{\}/,
    where: 'literals',
    allowed: (file) => isTest(file) || isIn(file, 'live', 'domain', 'integra', 'console'),
  },
  {
    what: 'domain touches neither time, chance, network nor disk',
    pattern:
      /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bcrypto\.|\bsetTimeout\b|\bsetInterval\b|\bfetch\(|\bprocess\./,
    where: 'source',
    allowed: (file) => isTest(file) || !isIn(file, 'domain'),
  },
  {
    what: 'unfinished or switched off',
    pattern:
      /\b(TODO|FIXME|XXX|HACK)\b|@ts-(ignore|nocheck)|\bas any\b|\.only\(|\b(?:test|it|describe)\.skip\(|not implemented/,
    where: 'source',
    allowed: () => false,
  },
  {
    what: 'a path of one machine',
    pattern: /(?<![\w.])\/(work|home\/\w+|Users\/\w+)\//,
    where: 'source',
    allowed: () => false,
  },
]

export function checkBannedText(files: readonly SourceFile[]): Violation[] {
  return files
    .filter((file) => !file.path.startsWith('house/'))
    .flatMap((file) =>
      BANNED.filter((rule) => !rule.allowed(file)).flatMap((rule) => {
        const places =
          rule.where === 'literals'
            ? file.literals
            : file.text.split('\n').map((text, index) => ({
                text: rule.what.startsWith('unfinished') ? text : code(text),
                line: index + 1,
              }))
        return places
          .filter(({ text }) => rule.pattern.test(text))
          .map(({ line }) => `${file.path}:${line} ${rule.what}`)
      }),
    )
}

/** The line without a comment that takes all of it. */
function code(line: string): string {
  return /^\s*(\/\/|\*|\/\*)/.test(line) ? '' : line
}

const VAGUE = /^(utils?|helpers?|common|manager|service|misc|shared|lib|stuff)$/

/** File and folder names: kebab-case, after the one thing inside, none of the words that say nothing. */
export function checkNames(files: readonly SourceFile[]): Violation[] {
  return files.flatMap(({ path }) =>
    path
      .split('/')
      .slice(path.startsWith('packages/') || path.startsWith('apps/') ? 2 : 1)
      .flatMap((part) => {
        const stem = part.replace(/(\.test)?\.tsx?$/, '')
        if (!/^[a-z0-9]+([.-][a-z0-9]+)*$/.test(stem)) return [`${path} is not kebab-case: ${part}`]
        return VAGUE.test(stem.split(/[.-]/).at(-1) as string) ? [`${path} has a name that says nothing: ${part}`] : []
      }),
  )
}
