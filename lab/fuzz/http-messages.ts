/** Requests as bytes: of every operation of the API document by everybody, in order, almost in order, and not at all. */
import { hostileBody, hostileText, RAW_NUMBERS } from './hostile-values.ts'
import type { Random } from './random.ts'
import { type Schema, SchemaValues } from './schema-values.ts'
import type { Actor, World } from './world.ts'

export interface HttpMessage {
  readonly bytes: Buffer
  readonly kind: HttpKind
  /** `POST /api/sites`, or what kind of nonsense it is. */
  readonly what: string
  /** Who asks; null for nobody. */
  readonly actor: Actor | null
  /** False: the server may end the connection instead of answering, and will understand nothing that follows. */
  readonly answered: boolean
}

export type HttpKind = 'fitting' | 'almost' | 'hostile body' | 'hostile address' | 'hostile headers' | 'no http'

interface Operation {
  readonly method: string
  readonly path: string
  readonly parameters: readonly {
    readonly name: string
    readonly in: string
    readonly required?: boolean
    readonly schema: Schema
  }[]
  readonly body: Schema | undefined
  readonly weight: number
}

export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly components: { readonly schemas?: Readonly<Record<string, Schema>> }
}

/** Each costs a core for an eighth of a second by design, or a pass over the whole record: rarely, so that the rest gets its turn. */
const COSTLY = /\/auth\/(login|password|logout-all)$|\/reset-password$|^post \/api\/users$|\/export/
const METHODS = [
  'GET',
  'POST',
  'PATCH',
  'PUT',
  'DELETE',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'PROPFIND',
  'PURGE',
  'CONNECT',
  'get',
  'G3T',
  '',
]

export class HttpMessages {
  readonly #random: Random
  readonly #world: World
  readonly #values: SchemaValues
  readonly #operations: readonly Operation[]
  readonly #host: string
  #count = 0

  constructor(random: Random, world: World, document: ApiDocument, host: string) {
    this.#random = random
    this.#world = world
    this.#host = host
    const known = {
      id: (name: string) => world.idFor(name, random, this.#actor),
      version: () => world.versionFor(random),
    }
    this.#values = new SchemaValues(random, known, document.components.schemas ?? {})
    this.#operations = operationsOf(document)
  }

  /** Whose message is being made: decides which ids it may name. */
  #actor: Actor | null = null

  get operations(): number {
    return this.#operations.length
  }

  next(): HttpMessage {
    const random = this.#random
    this.#count++
    // Every operation comes up in turn; costly ones give their turn away now and then.
    let operation = this.#operations[this.#count % this.#operations.length] as Operation
    if (!random.chance(operation.weight)) operation = random.pick(this.#operations.filter(({ weight }) => weight === 1))
    this.#actor = random.chance(0.06) ? null : this.#world.actorFor(operation.path, random)
    const roll = random.unit()
    if (roll < 0.4) return this.#request(operation, 'fitting')
    if (roll < 0.72) return this.#request(operation, 'almost')
    if (roll < 0.82) return this.#request(operation, 'hostile body')
    if (roll < 0.91) return this.#request(operation, 'hostile address')
    if (roll < 0.975) return this.#request(operation, 'hostile headers')
    return this.#noHttp(operation)
  }

  #request(operation: Operation, kind: HttpKind): HttpMessage {
    const random = this.#random
    const { method } = operation
    const target =
      kind === 'hostile address' ? this.#hostileTarget(operation) : this.#target(operation, kind === 'almost')
    const body = this.#body(operation, kind)
    const headers = this.#headers(kind, body)
    const upper = kind === 'hostile address' && random.chance(0.2) ? random.pick(METHODS) : method.toUpperCase()
    const bytes = Buffer.concat([
      Buffer.from(`${upper} ${target} HTTP/1.1\r\n${headers.lines.join('\r\n')}\r\n\r\n`, 'latin1'),
      headers.framing(body),
    ])
    const answered = headers.plain && upper === method.toUpperCase() && /^\/[\x21-\x7e]{0,12000}$/.test(target)
    return { bytes, kind, what: `${method.toUpperCase()} ${operation.path}`, actor: this.#actor, answered }
  }

  #target({ path, parameters }: Operation, spoilt: boolean): string {
    const random = this.#random
    const value = (schema: Schema, name: string): string => {
      const made = spoilt && random.chance(0.4) ? this.#values.almost(schema, name) : this.#values.fitting(schema, name)
      return encodeURIComponent(wellFormed(typeof made === 'string' ? made : (JSON.stringify(made) ?? '')))
    }
    let target = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      const schema = parameters.find((parameter) => parameter.name === name && parameter.in === 'path')?.schema
      return value(schema ?? { type: 'string' }, name) || 'x'
    })
    const query = parameters.filter(
      (parameter) => parameter.in === 'query' && (parameter.required || random.chance(0.3)),
    )
    const pairs = query.map(({ name, schema }) => `${name}=${value(schema, name)}`)
    if (spoilt && random.chance(0.2))
      pairs.push(
        `${random.pick(['__proto__', 'constructor', 'limit', 'after', 'a[b][c]'])}=${value({ type: 'string' }, '')}`,
      )
    if (spoilt && random.chance(0.1)) pairs.push(...pairs)
    if (pairs.length > 0) target += `?${pairs.join('&')}`
    return target
  }

  #hostileTarget(operation: Operation): string {
    const random = this.#random
    const good = this.#target(operation, false)
    switch (random.below(14)) {
      case 0:
        return '//'
      case 1:
        return `/${'../'.repeat(1 + random.below(12))}etc/passwd`
      case 2:
        return `/api/..%2f..%2f..%2fpackage.json`
      case 3:
        return good.replace('/api/', '/api//')
      case 4:
        return `${good}%00`
      case 5:
        return `${good}/%ff%fe`
      case 6:
        return good.replaceAll(/[a-z]/g, (letter) =>
          random.chance(0.3) ? `%${letter.charCodeAt(0).toString(16)}` : letter,
        )
      case 7:
        return `/${'a'.repeat(random.pick([300, 5_000, 15_000, 20_000]))}`
      case 8:
        return `http://evil.example${good}`
      case 9:
        return `${good}${good.includes('?') ? '&' : '?'}${Array.from({ length: 500 }, (_, n) => `k${n}=${n}`).join('&')}`
      case 10:
        return random.pick([
          '*',
          '/api',
          '/api/',
          '/API/ALARMS',
          '/.env',
          '/api/docs/json',
          '/api/docs/..%2f',
          '/metrics',
          '/readyz',
          '/ws',
          '/%',
          '/%2',
          '/?',
          '/#',
          '/assets/../../x',
          '\\',
          '/\\..\\',
        ])
      case 11:
        return good.replaceAll('-', '%2D')
      case 12:
        return `${good}?limit=${random.pick(RAW_NUMBERS)}&after=${encodeURIComponent(wellFormed(hostileText(random))).slice(0, 3_000)}`
      default:
        return good.toUpperCase()
    }
  }

  #body(operation: Operation, kind: HttpKind): Buffer | null {
    const random = this.#random
    if (kind === 'hostile body') return hostileBody(random)
    if (operation.body === undefined) return random.chance(kind === 'fitting' ? 0 : 0.1) ? hostileBody(random) : null
    const value = kind === 'almost' ? this.#values.almost(operation.body) : this.#values.fitting(operation.body)
    return Buffer.from(JSON.stringify(value) ?? 'null')
  }

  #headers(kind: HttpKind, body: Buffer | null) {
    const random = this.#random
    const actor = this.#actor
    const lines = [`Host: ${this.#host}`]
    if (actor !== null) lines.push(`Authorization: Bearer ${actor.token}`)
    if (random.chance(0.3)) lines.push('X-Requested-With: fuzz')
    if (random.chance(0.1)) lines.push(`Idempotency-Key: fuzz-key-${random.below(400)}`)
    let plain = true
    if (kind === 'hostile headers') {
      const chosen = hostileHeaders(random, actor)
      plain = chosen.plain
      if (chosen.replaces !== undefined) lines.splice(chosen.replaces, 1)
      lines.push(...chosen.lines)
    }
    const inChunks = body !== null && random.chance(0.1)
    if (body !== null) {
      lines.push(
        `Content-Type: ${kind === 'hostile headers' && random.chance(0.3) ? random.pick(MEDIA_TYPES) : 'application/json'}`,
      )
      lines.push(inChunks ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`)
    }
    const framing = (bytes: Buffer | null): Buffer =>
      bytes === null ? Buffer.alloc(0) : inChunks ? chunks(bytes, random) : bytes
    return { lines, plain, framing }
  }

  /** Bytes that are no request. The connection is over afterwards. */
  #noHttp(operation: Operation): HttpMessage {
    const random = this.#random
    const good = `${operation.method.toUpperCase()} ${this.#target(operation, false)} HTTP/1.1\r\nHost: ${this.#host}\r\n`
    const made = (what: string, bytes: Buffer | string): HttpMessage => ({
      bytes: typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes,
      kind: 'no http',
      what,
      actor: this.#actor,
      answered: false,
    })
    switch (random.below(15)) {
      case 0:
        return made('random bytes', random.bytes(1 + random.below(400)))
      case 1:
        return made('TLS hello', Buffer.from('16030100c8010000c40303', 'hex'))
      case 2:
        return made('HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
      case 3:
        return made('two lengths', `${good}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!`)
      case 4:
        return made(
          'length and chunks',
          `${good}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n`,
        )
      case 5:
        return made('negative length', `${good}Content-Length: -1\r\n\r\n`)
      case 6:
        return made('endless length', `${good}Content-Length: 99999999999999999999\r\n\r\nx`)
      case 7:
        return made(
          'broken chunks',
          `${good}Transfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\nZZ\r\nhello\r\n`,
        )
      case 8:
        return made('huge head', `${good}X-Long: ${'x'.repeat(20_000)}\r\n\r\n`)
      case 9:
        return made('many headers', `${good}${Array.from({ length: 3_000 }, (_, n) => `a${n}: b\r\n`).join('')}\r\n`)
      case 10:
        return made('folded header', `${good}X-Folded: a\r\n b\r\n\r\n`)
      case 11:
        return made('bare line feeds', good.replaceAll('\r\n', '\n').concat('\n'))
      case 12:
        return made('body cut off', `${good}Content-Type: application/json\r\nContent-Length: 500\r\n\r\n{"a":`)
      case 13:
        return made('head cut off', good.slice(0, random.below(good.length)))
      default:
        return made('upgrade to nowhere', this.#upgrade())
    }
  }

  #upgrade(): string {
    const random = this.#random
    const target = random.pick([
      '//',
      '///',
      '/ws',
      '/ws/',
      '/ws?ticket=%',
      '/ws?ticket=%00',
      `/ws?ticket=${'x'.repeat(5_000)}`,
      '/api/alarms',
      'http://[',
      '//:0',
      '*',
      '/ws?ticket=a&ticket=b',
      'ws://x:99999/ws',
    ])
    const version = random.pick(['13', '8', '0', 'x', ''])
    const key = random.pick(['dGhlIHNhbXBsZSBub25jZQ==', 'x', '', 'a'.repeat(3_000)])
    const upgrade = random.pick(['websocket', 'h2c', 'TLS/1.0', 'websocket, websocket', ''])
    return `GET ${target} HTTP/1.1\r\nHost: ${this.#host}\r\nConnection: Upgrade\r\nUpgrade: ${upgrade}\r\nSec-WebSocket-Version: ${version}\r\nSec-WebSocket-Key: ${key}\r\n\r\n`
  }
}

const MEDIA_TYPES = [
  'text/plain',
  'application/xml',
  'multipart/form-data; boundary=x',
  'application/json; charset=utf-16',
  'application/json;;;',
  'x',
  '',
  'application/x-www-form-urlencoded',
]

/** @returns lines to add, which earlier line they replace, and whether an answer is still owed */
function hostileHeaders(random: Random, actor: Actor | null): { lines: string[]; replaces?: number; plain: boolean } {
  const token = actor?.token ?? 'eyJ.eyJ.x'
  switch (random.below(14)) {
    case 0:
      return {
        lines: [`Authorization: Bearer ${token}x`],
        replaces: actor === null ? undefined : 1,
        plain: true,
      } as never
    case 1:
      return { lines: [`Authorization: Bearer ${token}, Bearer ${token}`], plain: true }
    case 2:
      return { lines: [`X-Request-ID: ${'x'.repeat(random.pick([3, 300, 4_000]))}`], plain: true }
    case 3:
      return { lines: ['X-Request-ID: <script>', 'X-Request-ID: two-of-them'], plain: true }
    case 4:
      return {
        lines: ['X-Forwarded-For: 1.2.3.4, 5.6.7.8', 'X-Forwarded-Proto: https', 'X-Forwarded-Host: evil.example'],
        plain: true,
      }
    case 5:
      return {
        lines: [
          `Cookie: stam_refresh=${random.pick(['x', '%', 'a'.repeat(3_000), '"', '__proto__'])}; __proto__=x; =; ;;`,
        ],
        plain: true,
      }
    case 6:
      return {
        lines: [
          `Origin: ${random.pick(['null', 'https://evil.example', 'x', 'http://[', ''])}`,
          'Sec-Fetch-Site: cross-site',
        ],
        plain: true,
      }
    case 7:
      return { lines: [`Idempotency-Key: ${random.pick(['x', 'a'.repeat(500), '../..', "'; --"])}`], plain: true }
    case 8:
      return { lines: ['Expect: 100-continue'], plain: false }
    case 9:
      return { lines: ['Range: bytes=0-1,2-3,-999999', 'If-None-Match: *', 'If-Modified-Since: never'], plain: true }
    case 10:
      return { lines: ['Connection: close, keep-alive, upgrade'], plain: false }
    case 11:
      return { lines: [`Accept: ${'*/*,'.repeat(400)}`, 'Accept-Encoding: gzip;q=NaN'], plain: true }
    case 12:
      return { lines: ['Host: evil.example'], replaces: 0, plain: true }
    default:
      return { lines: [`X-Odd: ${random.bytes(30).toString('latin1')}`], plain: false }
  }
}

function chunks(body: Buffer, random: Random): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; at < body.length; ) {
    const size = Math.min(body.length - at, 1 + random.below(4_000))
    parts.push(Buffer.from(`${size.toString(16)}\r\n`), body.subarray(at, at + size), Buffer.from('\r\n'))
    at += size
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')])
}

/** encodeURIComponent refuses half a surrogate pair. */
function wellFormed(text: string): string {
  return text.slice(0, 1_500).toWellFormed()
}

function operationsOf({ paths }: ApiDocument): Operation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, raw]) => {
      const { parameters = [], requestBody } = raw as {
        parameters?: Operation['parameters']
        requestBody?: { content: Record<string, { schema: Schema }> }
      }
      return {
        method,
        path,
        parameters,
        body: requestBody?.content['application/json']?.schema,
        weight: COSTLY.test(`${path}`) || COSTLY.test(`${method} ${path}`) ? 0.02 : 1,
      }
    }),
  )
}
