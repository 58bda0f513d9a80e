/** Values for the JSON Schemas of the API document: fitting, and almost fitting. */
import { hostileNumber, hostileText, hostileValue, SECRET_CANARY } from './hostile-values.ts'
import type { Random } from './random.ts'

export interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Schema | boolean
  readonly propertyNames?: Schema
  readonly items?: Schema
  readonly minItems?: number
  readonly maxItems?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly format?: string
}

/** What the maker of values knows about the world: ids that exist, versions they have now. */
export interface Known {
  /** An id that may exist, for a field or parameter of this name. */
  id(name: string): string
  /** The version something was seen at. */
  version(): number
}

const SECRET_FIELDS = new Set(['password', 'current_password', 'new_password', 'integration_key', 'refresh_token'])
const ADDRESSES = ['victim@example.test', 'nobody@example.test']

export class SchemaValues {
  readonly #random: Random
  readonly #known: Known
  readonly #components: Readonly<Record<string, Schema>>

  constructor(random: Random, known: Known, components: Readonly<Record<string, Schema>>) {
    this.#random = random
    this.#known = known
    this.#components = components
  }

  /** @param name of the field or parameter, which tells more than its type */
  fitting(schema: Schema, name = '', depth = 0): unknown {
    const random = this.#random
    if (schema.$ref !== undefined) {
      return this.fitting(this.#components[schema.$ref.split('/').at(-1) ?? ''] ?? {}, name, depth + 1)
    }
    if (schema.const !== undefined) return schema.const
    if (schema.enum !== undefined) return random.pick(schema.enum)
    const choices = schema.anyOf ?? schema.oneOf
    if (choices !== undefined) return this.fitting(random.pick(choices), name, depth)
    if (schema.allOf !== undefined) {
      return Object.assign({}, ...schema.allOf.map((part) => this.fitting(part, name, depth) as object))
    }
    switch (Array.isArray(schema.type) ? random.pick(schema.type) : schema.type) {
      case 'object':
        return this.#object(schema, depth)
      case 'array':
        return this.#array(schema, name, depth)
      case 'integer':
      case 'number':
        return this.#number(schema, name)
      case 'boolean':
        return random.chance(0.5)
      case 'null':
        return null
      case 'string':
        return this.#text(schema, name)
      default:
        return hostileValue(random, 1)
    }
  }

  /** Fits but for one to three places. */
  almost(schema: Schema, name = ''): unknown {
    let value = this.fitting(schema, name)
    for (let n = 1 + this.#random.below(3); n > 0; n--) value = this.#spoil(value)
    return value
  }

  #object(schema: Schema, depth: number): Record<string, unknown> {
    const required = new Set(schema.required)
    const fields = Object.entries(schema.properties ?? {}).filter(
      ([key]) => required.has(key) || this.#random.chance(0.5),
    )
    const object: Record<string, unknown> = Object.fromEntries(
      fields.map(([key, inner]) => [key, this.fitting(inner, key, depth + 1)]),
    )
    if (typeof schema.additionalProperties === 'object') {
      const key = String(this.fitting(schema.propertyNames ?? { type: 'string', maxLength: 10 }, '', depth + 1))
      object[key] = this.fitting(schema.additionalProperties, key, depth + 1)
    }
    return object
  }

  #array(schema: Schema, name: string, depth: number): unknown[] {
    const most = Math.min(schema.maxItems ?? 4, depth > 3 ? 1 : 4)
    const least = schema.minItems ?? 0
    const length = least + this.#random.below(Math.max(1, most - least + 1))
    return Array.from({ length }, () => this.fitting(schema.items ?? {}, name, depth + 1))
  }

  #number({ minimum = 0, maximum = 100_000, type }: Schema, name: string): number {
    const random = this.#random
    if (name === 'version') return random.chance(0.8) ? this.#known.version() : 1 + random.below(5)
    if (random.chance(0.1)) return random.pick([minimum, maximum])
    if (name === 'limit') return 1 + random.below(40)
    const value = minimum + random.unit() * (Math.min(maximum, minimum + 2_000) - minimum)
    return type === 'integer' ? Math.round(value) : value
  }

  #text({ format, minLength = 0, maxLength = 60 }: Schema, name: string): string {
    const random = this.#random
    if (format === 'uuid') return this.#known.id(name)
    if (format === 'date-time') {
      return new Date(Date.now() + (random.unit() - 0.5) * random.pick([3_600_000, 86_400_000, 4e10])).toISOString()
    }
    if (SECRET_FIELDS.has(name)) return SECRET_CANARY
    if (format === 'email' || name === 'email') return random.pick(ADDRESSES)
    if (name === 'time_zone') return random.pick(['Europe/Warsaw', 'UTC', 'Mars/Olympus'])
    if (name === 'host') return random.pick(['127.0.0.1', '10.9.9.9', 'nowhere.invalid'])
    const text = random.chance(0.7) ? `tekst ${random.below(10_000)}` : hostileText(random)
    return text.padEnd(minLength, 'x').slice(0, maxLength)
  }

  #spoil(value: unknown): unknown {
    const random = this.#random
    if (Array.isArray(value) && value.length > 0 && random.chance(0.7)) {
      const at = random.below(value.length)
      return value.map((inner, n) => (n === at ? this.#spoil(inner) : inner))
    }
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      const entries = Object.entries(value)
      const at = random.below(entries.length + 1)
      if (at === entries.length) return { ...value, [hostileText(random).slice(0, 40)]: hostileValue(random, 2) }
      if (random.chance(0.2)) return Object.fromEntries(entries.filter((_, n) => n !== at))
      return Object.fromEntries(entries.map(([key, inner], n) => [key, n === at ? this.#spoil(inner) : inner]))
    }
    if (typeof value === 'number' && random.chance(0.6)) return hostileNumber(random)
    if (typeof value === 'string' && random.chance(0.6)) return hostileText(random)
    return hostileValue(random, 2)
  }
}
