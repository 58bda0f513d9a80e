import { type Dirent, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseSync } from 'oxc-parser'

export const ROOT = join(import.meta.dirname, '..')

/** One source file as the house rules see it. */
export interface SourceFile {
  /** From the root, e.g. `packages/store/src/index.ts`. */
  readonly path: string
  /** `store`, `backend` …; for what belongs to the root package its folder: `cli`, `house`, `bench`, `lab`, `e2e`. */
  readonly workspace: string
  readonly kind: 'production' | 'test'
  readonly text: string
  /** What it names in `import`, `export … from` and `import()`. */
  readonly imports: readonly ImportReference[]
  /** Texts in quotes and back-ticks, with what is inserted shown as `${}`. */
  readonly literals: readonly Literal[]
}

export interface ImportReference {
  readonly specifier: string
  readonly line: number
  /** Gone after type stripping, so it costs nothing at run time; the matrix applies to it all the same. */
  readonly typeOnly: boolean
}

export interface Literal {
  readonly text: string
  readonly line: number
}

const ROOT_FOLDERS = ['cli', 'house', 'bench', 'lab', 'e2e'] as const
const SKIPPED = new Set(['node_modules', 'dist', 'generated', 'test-results', 'playwright-report'])

/** Every TypeScript file of the repository but generated ones. */
export function readSourceFiles(): SourceFile[] {
  return ['packages', 'apps', ...ROOT_FOLDERS].flatMap(list).map((path) => {
    return parseSourceFile(path, readFileSync(join(ROOT, path), 'utf8'))
  })
}

/** @param path from the root; decides workspace and kind. */
export function parseSourceFile(path: string, text: string): SourceFile {
  const parsed = parseSync(path, text)
  const lineAt = lineFinder(text)
  return {
    path,
    workspace: /^(?:packages|apps)\/([^/]+)\//.exec(path)?.[1] ?? (path.split('/')[0] as string),
    kind: /\.test\.tsx?$|\/test\/|^e2e\/|^house\//.test(path) ? 'test' : 'production',
    text,
    imports: importsOf(parsed.module, text, lineAt),
    literals: literalsOf(parsed.program, lineAt),
  }
}

function list(folder: string): string[] {
  let entries: Dirent[]
  try {
    entries = readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true })
  } catch {
    return []
  }
  return entries
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.name.endsWith('.d.ts'))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .filter((path) => !path.split('/').some((part) => SKIPPED.has(part)))
    .sort()
}

type Module = ReturnType<typeof parseSync>['module']

function importsOf(module: Module, text: string, lineAt: (offset: number) => number): ImportReference[] {
  return [
    ...module.staticImports.map((item) => ({
      specifier: item.moduleRequest.value,
      line: lineAt(item.start),
      typeOnly: /^import\s+type\b/.test(text.slice(item.start, item.end)),
    })),
    ...module.staticExports.flatMap((item) =>
      item.entries.flatMap((entry) =>
        entry.moduleRequest
          ? [{ specifier: entry.moduleRequest.value, line: lineAt(entry.start), typeOnly: entry.isType }]
          : [],
      ),
    ),
    ...module.dynamicImports.flatMap((item) => {
      const argument = text.slice(item.moduleRequest.start, item.moduleRequest.end)
      const quoted = /^(['"`])(.*)\1$/s.exec(argument)?.[2]
      return quoted === undefined ? [] : [{ specifier: quoted, line: lineAt(item.start), typeOnly: false }]
    }),
  ]
}

function literalsOf(program: unknown, lineAt: (offset: number) => number): Literal[] {
  const found: Literal[] = []
  visit(program, (node) => {
    if (node['type'] === 'Literal' && typeof node['value'] === 'string') {
      found.push({ text: node['value'], line: lineAt(node['start'] as number) })
    } else if (node['type'] === 'TemplateLiteral') {
      const quasis = node['quasis'] as { value: { cooked: string | null } }[]
      found.push({
        text: quasis.map((quasi) => quasi.value.cooked ?? '').join('${}'),
        line: lineAt(node['start'] as number),
      })
    }
  })
  return found
}

function visit(node: unknown, see: (node: Record<string, unknown>) => void): void {
  if (Array.isArray(node)) {
    for (const item of node) visit(item, see)
  } else if (typeof node === 'object' && node !== null) {
    see(node as Record<string, unknown>)
    for (const value of Object.values(node)) if (typeof value === 'object') visit(value, see)
  }
}

function lineFinder(text: string): (offset: number) => number {
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return (offset) => {
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if ((starts[middle] as number) <= offset) low = middle
      else high = middle - 1
    }
    return low + 1
  }
}
