/** What is fuzzed: a backend process with its own PostgreSQL, sites with traces that others must not see, and people of every role. */
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addPeople, generateSigningKey } from '@stam/backend'
import { type HumanRole, humanRoles } from '@stam/contracts'
import { createKeyring, generateFernetKey, Secret } from '@stam/runtime'
import { findCredentials, insertPanel, insertSite, openStore, type Store } from '@stam/store'
import { type BenchDatabase, benchDatabase } from '../../bench/database.ts'
import { type Partner, startPartner } from '../../bench/partner.ts'
import type { SampleSite } from '../../bench/sample-events.ts'
import type { ProcessFigures } from '../../bench/system-process.ts'
import { SECRET_CANARY, SITE_CANARY } from './hostile-values.ts'
import type { Random } from './random.ts'

export interface Actor {
  readonly role: HumanRole
  readonly email: string
  readonly password: string
  /** Whether everything of the hidden site must stay hidden from them. */
  readonly scoped: boolean
  /** Renewed when it has ended. */
  token: string
}

interface Place {
  readonly site: string
  readonly panel: string
}

const BEATS = 20
const KEPT_IDS = 400
const COMMON_PASSWORD = 'Zwykle-Haslo-Osoby-5519'

export class World {
  readonly url: string
  readonly port: number
  readonly store: Store
  /** Panels whose alarms must keep flowing; nobody changes them. */
  readonly beats: readonly SampleSite[]
  /** Text that may leave the backend nowhere. */
  readonly secrets: readonly string[]
  readonly logFile: string
  readonly #partner: Partner
  readonly #actors: readonly Actor[]
  readonly #leavers: readonly Actor[]
  readonly #own: Place
  readonly #hidden: Place
  readonly #protectedIds: ReadonlySet<string>
  readonly #closers: (() => Promise<unknown>)[]
  /** Ids and versions that answers told of lately, so that requests reach deep. */
  readonly #seen: { id: string; version: number }[] = []
  #lastSeen = 0

  constructor(parts: {
    url: string
    store: Store
    beats: readonly SampleSite[]
    secrets: readonly string[]
    logFile: string
    partner: Partner
    actors: readonly Actor[]
    leavers: readonly Actor[]
    own: Place
    hidden: Place
    protectedIds: readonly string[]
    closers: (() => Promise<unknown>)[]
  }) {
    this.url = parts.url
    this.port = Number(new URL(parts.url).port)
    this.store = parts.store
    this.beats = parts.beats
    this.secrets = parts.secrets
    this.logFile = parts.logFile
    this.#partner = parts.partner
    this.#actors = parts.actors
    this.#leavers = parts.leavers
    this.#own = parts.own
    this.#hidden = parts.hidden
    this.#protectedIds = new Set(parts.protectedIds)
    this.#closers = parts.closers
  }

  get actors(): readonly Actor[] {
    return this.#actors
  }

  /** @param path decides whether it is somebody whose session may end */
  actorFor(path: string, random: Random): Actor {
    return random.pick(/\/auth\/(logout|password|sessions)/.test(path) ? this.#leavers : this.#actors)
  }

  /** An id for a field: often one that exists and that this actor may touch, or must not even see. */
  idFor(name: string, random: Random, actor: Actor | null): string {
    const roll = random.unit()
    if (roll < 0.1) return randomUuid(random)
    if (roll < 0.25 && (actor === null || actor.scoped))
      return random.chance(0.5) ? this.#hidden.site : this.#hidden.panel
    if (roll < 0.4) return name === 'panel_id' ? this.#own.panel : this.#own.site
    if (roll < 0.5) return this.#own.panel
    return this.#seen[random.below(this.#seen.length)]?.id ?? this.#own.site
  }

  versionFor(random: Random): number {
    return this.#seen[this.#lastSeen]?.version ?? 1 + random.below(3)
  }

  /** Remembers what an answer tells of: alarms, sites, panels and people that later requests may name. */
  learn(answer: string): void {
    for (const [, id = '', version] of answer
      .slice(0, 20_000)
      .matchAll(/"id":"([0-9a-f-]{36})"[^{}]{0,80}?"version":(\d+)/g)) {
      if (this.#protectedIds.has(id)) continue
      this.#lastSeen = this.#seen.length < KEPT_IDS ? this.#seen.length : (this.#lastSeen + 1) % KEPT_IDS
      this.#seen[this.#lastSeen] = { id, version: Number(version) }
    }
  }

  async signIn(actor: Actor): Promise<void> {
    const answer = await fetch(`${this.url}/api/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: actor.email, password: actor.password }),
    })
    if (!answer.ok) throw new Error(`login of ${actor.email}: ${answer.status} ${await answer.text()}`)
    actor.token = ((await answer.json()) as { access_token: string }).access_token
  }

  /** Signs in again whose session was ended on purpose. */
  async reviveLeavers(): Promise<void> {
    for (const actor of this.#leavers) {
      const answer = await fetch(`${this.url}/api/auth/me`, { headers: { authorization: `Bearer ${actor.token}` } })
      await answer.arrayBuffer()
      if (answer.status === 401) {
        await this.store.execute(`UPDATE users SET failed_logins = 0, locked_until = NULL WHERE email = $1`, [
          actor.email,
        ])
        await this.signIn(actor).catch(() => {})
      }
    }
  }

  publish(beat: SampleSite, seq: number): Promise<void> {
    return this.#partner.ask('publish', { sites: [beat], count: 1, from: seq })
  }

  figures(collect = false): Promise<ProcessFigures> {
    return this.#partner.ask('figures', { collect })
  }

  async log(): Promise<string> {
    return readFile(this.logFile, 'utf8')
  }

  async close(): Promise<void> {
    for (let next = this.#closers.pop(); next; next = this.#closers.pop()) await next().catch(() => {})
  }
}

export async function startWorld(): Promise<World> {
  const closers: (() => Promise<unknown>)[] = []
  try {
    const database = await benchDatabase()
    closers.push(() => database.stop())
    return await settle(database, closers)
  } catch (error) {
    for (let next = closers.pop(); next; next = closers.pop()) await next().catch(() => {})
    throw error
  }
}

async function settle(database: BenchDatabase, closers: (() => Promise<unknown>)[]): Promise<World> {
  const databaseUrl = await database.create('fuzz')
  const store = await openStore({ url: databaseUrl, poolSize: 2, applicationName: 'fuzz' })
  closers.push(() => store.close())
  const jwtPrivateKey = generateSigningKey()
  const encryptionKey = generateFernetKey()
  const token = createKeyring(new Secret(encryptionKey)).encrypt(SECRET_CANARY)
  const own = await addPlace(store, 'Sklep własny', token)
  const hidden = await addPlace(store, `${SITE_CANARY} obcy`, token)
  const beats: SampleSite[] = []
  for (let n = 0; n < BEATS; n++) {
    const { site: siteId, panel: panelId } = await addPlace(store, `${SITE_CANARY} tętno ${n}`, token)
    beats.push({ siteId, panelId })
  }
  const actors = await addActors(store, 'aktor', own)
  const leavers = await addActors(store, 'wychodzi', own)
  await addPeople(store, [
    {
      email: 'victim@example.test',
      name: 'Ofiara',
      role: 'FIELD_WORKER',
      password: COMMON_PASSWORD,
      siteIds: [own.site],
    },
  ])
  const folder = await mkdtemp(join(tmpdir(), 'stam-fuzz-'))
  closers.push(() => rm(folder, { recursive: true, force: true }))
  const logFile = join(folder, 'backend.log')
  const partner = startPartner('./system-process.ts')
  closers.push(() => partner.close())
  const url = await partner.ask<string>('start', {
    databaseUrl,
    parts: ['backend', 'relay'],
    poolSize: 12,
    // Limits are what other tests are about; here they would keep the messages from arriving.
    backend: { jwtPrivateKey, encryptionKey, reportsPerMinute: 60, streamMemoryMessages: 500 },
    log: { file: logFile, level: 'info' },
  })
  const ids = await Promise.all(
    [...actors, ...leavers].map(async ({ email }) => (await findCredentials(store, email))?.id ?? ''),
  )
  const world = new World({
    url,
    store,
    beats,
    secrets: [
      SECRET_CANARY,
      COMMON_PASSWORD,
      encryptionKey,
      token,
      decodeURIComponent(new URL(databaseUrl).password),
      '$argon2',
      ...jwtPrivateKey.split('\n').slice(1, 3),
      'PRIVATE KEY',
    ],
    logFile,
    partner,
    actors,
    leavers,
    own,
    hidden,
    protectedIds: [hidden, ...beats.map(({ siteId, panelId }) => ({ site: siteId, panel: panelId }))]
      .flatMap(({ site, panel }) => [site, panel])
      .concat(ids),
    closers,
  })
  for (const actor of [...actors, ...leavers]) await world.signIn(actor)
  return world
}

async function addActors(store: Store, name: string, own: Place): Promise<Actor[]> {
  const actors = humanRoles.map((role) => ({
    role,
    email: `${name}.${role.toLowerCase().replace('_', '-')}@example.test`,
    password: randomBytes(12).toString('base64url'),
    scoped: role === 'TECHNICIAN' || role === 'FIELD_WORKER',
    token: '',
  }))
  await addPeople(
    store,
    actors.map(({ email, role, password, scoped }) => ({
      email,
      name: `${name} ${role}`,
      role,
      password,
      siteIds: scoped ? [own.site] : [],
    })),
  )
  return actors
}

let places = 0

async function addPlace(store: Store, name: string, encryptedKey: string): Promise<Place> {
  const [site, panel, number] = [randomUUID(), randomUUID(), ++places]
  const texts = { address_line: `${name}, ul. Długa`, postal_code: '', notes: name, city: name }
  await store.inTransaction(async (tx) => {
    const fields = { latitude: null, longitude: null, time_zone: 'Europe/Warsaw', settings: {} }
    await insertSite(tx, { id: site, code: `F-${number}`, name, type: 'SHOP', ...texts, ...fields })
    // Nobody answers there and nobody shall dial.
    const where = { host: '127.0.0.1', port: 20_000 + number, enabled: false, time_zone: 'Europe/Warsaw' }
    await insertPanel(tx, { id: panel, site_id: site, name: `Centrala ${name}`, ...where, encryptedKey })
  })
  return { site, panel }
}

function randomUuid(random: Random): string {
  const hex = random.bytes(16).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`
}
