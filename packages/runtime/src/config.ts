import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse as parseYaml } from 'yaml'
import { z } from 'zod'
import { RuntimeError } from './errors.ts'
import { Secret } from './secret.ts'

/** Where settings come from. For a plain field: environment, then flags file, then the schema's default. */
export interface ConfigSources {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The YAML flags file (`FEATURE_*` and any other setting but secrets). */
  readonly file?: string | undefined
  /** Folder with one file per secret, named in lower case: `jwt_private_key`. */
  readonly secretsFolder?: string | undefined
}

/** One setting, as the schema declares it. */
export interface ConfigField {
  /** Path in the parsed configuration, e.g. `['database', 'url']`. */
  readonly path: readonly string[]
  /** Name in the environment and the flags file, e.g. `DATABASE_URL`. */
  readonly name: string
  readonly description: string
  readonly secret: boolean
  readonly kind: 'string' | 'number' | 'boolean' | 'list' | 'object'
  readonly defaultValue: unknown
}

/** The sources of a real process: `CONFIG_FILE` names the flags file, `SECRETS_DIR` the secrets folder (`/run/secrets`). */
export function processSources(): ConfigSources {
  const env = process.env
  return { env, file: env['CONFIG_FILE'], secretsFolder: env['SECRETS_DIR'] ?? '/run/secrets' }
}

/**
 * Parses the whole configuration once. Field `ackTimeoutMs` is `ACK_TIMEOUT_MS` outside, nested fields are joined by `_`.
 * Throws one `CONFIG_INVALID` naming every problem by its outside name; values of secrets never appear in it.
 */
export function loadConfig<Schema extends z.ZodObject>(schema: Schema, sources: ConfigSources): z.output<Schema> {
  const problems: string[] = []
  const fromFile = readFlagsFile(sources.file, problems)
  const input: Record<string, unknown> = {}
  const nameByPath = new Map<string, string>()
  for (const field of configFields(schema)) {
    nameByPath.set(field.path.join('.'), field.name)
    const value = field.secret
      ? readSecret(field, sources, fromFile, problems)
      : readPlain(field, sources.env, fromFile, problems)
    assign(input, field.path, value)
  }
  const parsed = schema.safeParse(input)
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const path = issue.path.map(String).join('.')
      problems.push(`${nameByPath.get(path) ?? outsideName(issue.path.map(String))}: ${issue.message}`)
    }
  }
  if (!parsed.success || problems.length > 0) {
    throw new RuntimeError(
      'CONFIG_INVALID',
      `The configuration has ${problems.length} problem(s):\n  ${problems.join('\n  ')}`,
    )
  }
  return parsed.data
}

/** The effective configuration by outside name, safe to log: secrets are `***` and passwords inside URLs too. */
export function describeConfig<Schema extends z.ZodObject>(
  schema: Schema,
  config: z.output<Schema>,
): Record<string, unknown> {
  return Object.fromEntries(
    configFields(schema).map((field) => [field.name, printable(valueAt(config, field.path), field.secret)]),
  )
}

/** Every setting the schema declares, in its order; the source for generated documentation. */
export function configFields(schema: z.ZodObject, path: readonly string[] = []): ConfigField[] {
  return Object.entries(schema.shape).flatMap(([key, raw]) => {
    const field = raw as z.ZodType
    const fieldPath = [...path, key]
    const { inner, defaultValue } = unwrap(field)
    if (inner instanceof z.ZodObject) return configFields(inner, fieldPath)
    const meta = { ...metaOf(inner), ...metaOf(field) }
    return [
      {
        path: fieldPath,
        name: outsideName(fieldPath),
        description: meta.description ?? '',
        secret: meta.secret === true,
        kind: kindOf(inner),
        defaultValue,
      },
    ]
  })
}

function outsideName(path: readonly string[]): string {
  return path.map((part) => part.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase()).join('_')
}

function metaOf(schema: z.ZodType): { description?: string; secret?: unknown } {
  const meta = schema.meta() as { description?: string; secret?: unknown } | undefined
  return meta ?? {}
}

/** Peels optional, default, nullable and the input side of transforms. */
function unwrap(schema: z.ZodType): { inner: z.ZodType; defaultValue: unknown } {
  let inner: z.ZodType = schema
  let defaultValue: unknown
  for (;;) {
    if (inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault) {
      defaultValue = inner.def.defaultValue
      inner = inner.def.innerType as z.ZodType
    } else if (inner instanceof z.ZodOptional || inner instanceof z.ZodNullable || inner instanceof z.ZodReadonly) {
      inner = inner.def.innerType as z.ZodType
    } else if (inner instanceof z.ZodPipe && metaOf(inner).secret !== true) {
      inner = inner.def.in as z.ZodType
    } else {
      return { inner, defaultValue }
    }
  }
}

function kindOf(schema: z.ZodType): ConfigField['kind'] {
  if (schema instanceof z.ZodNumber) return 'number'
  if (schema instanceof z.ZodBoolean) return 'boolean'
  if (schema instanceof z.ZodArray) return 'list'
  if (schema instanceof z.ZodRecord) return 'object'
  return 'string'
}

function readPlain(
  field: ConfigField,
  env: ConfigSources['env'],
  fromFile: ReadonlyMap<string, unknown>,
  problems: string[],
): unknown {
  const text = env[field.name]
  if (text === undefined || text === '') return fromFile.get(field.name)
  try {
    return fromText(text, field.kind)
  } catch (error) {
    problems.push(`${field.name}: ${(error as Error).message}`)
    return undefined
  }
}

function fromText(text: string, kind: ConfigField['kind']): unknown {
  switch (kind) {
    case 'number': {
      const value = Number(text)
      if (text.trim() === '' || Number.isNaN(value)) throw new Error('a number is needed here')
      return value
    }
    case 'boolean': {
      if (/^(true|1|yes|on)$/i.test(text)) return true
      if (/^(false|0|no|off)$/i.test(text)) return false
      throw new Error('true or false is needed here')
    }
    case 'list':
      return text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== '')
    case 'object':
      try {
        return JSON.parse(text)
      } catch {
        throw new Error('a JSON object is needed here')
      }
    case 'string':
      return text
  }
}

function readSecret(
  field: ConfigField,
  sources: ConfigSources,
  fromFile: ReadonlyMap<string, unknown>,
  problems: string[],
): string | undefined {
  if (fromFile.has(field.name)) problems.push(`${field.name}: a secret does not belong in the flags file`)
  const named = sources.env[`${field.name}_FILE`]
  const candidate = named ?? (sources.secretsFolder && join(sources.secretsFolder, field.name.toLowerCase()))
  if (candidate) {
    try {
      // Editors and `echo` end a file with a line break, which is not part of the secret.
      return readFileSync(candidate, 'utf8').replace(/\r?\n$/, '')
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unreadable'
      if (named !== undefined || code !== 'ENOENT') problems.push(`${field.name}: cannot read its file (${code})`)
    }
  }
  const text = sources.env[field.name]
  return text === '' ? undefined : text
}

function readFlagsFile(path: string | undefined, problems: string[]): ReadonlyMap<string, unknown> {
  const values = new Map<string, unknown>()
  if (path === undefined || path === '') return values
  try {
    const content: unknown = parseYaml(readFileSync(path, 'utf8'))
    if (content === null) return values
    if (typeof content !== 'object' || Array.isArray(content)) throw new Error('names and values are needed')
    flatten(content as Record<string, unknown>, [], values)
  } catch (error) {
    problems.push(`CONFIG_FILE: cannot be used: ${(error as Error).message}`)
  }
  return values
}

function flatten(node: Record<string, unknown>, path: readonly string[], into: Map<string, unknown>): void {
  for (const [key, value] of Object.entries(node)) {
    into.set(outsideName([...path, key]), value)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      flatten(value as Record<string, unknown>, [...path, key], into)
    }
  }
}

/** Makes the groups on the way even for an unset value, so that what is missing is reported by its own name. */
function assign(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [head, ...rest] = path
  if (head === undefined) return
  if (rest.length === 0) {
    if (value !== undefined) target[head] = value
    return
  }
  const child = (target[head] ??= {}) as Record<string, unknown>
  assign(child, rest, value)
}

function valueAt(source: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], source)
}

function printable(value: unknown, secret: boolean): unknown {
  if (value === undefined) return null
  if (secret || value instanceof Secret) return '***'
  return typeof value === 'string' ? value.replace(/(:\/\/[^/:@\s]*):[^/@\s]*@/g, '$1:***@') : value
}
