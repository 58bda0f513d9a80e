// Spec 06, ADR 0022: new keys for tokens and for data while two backends are hammered: nobody is refused, nobody is signed out.
import { createMemoryBus } from '@stam/bus'
import { createMemoryLive } from '@stam/live'
import { createKeyring, generateFernetKey, Secret, silentLog, systemClock } from '@stam/runtime'
import { addKey, changeKeys, listKeys, openStore, reencryptAll, requestKey, type Store } from '@stam/store'
import { eventually, testDatabase } from '@stam/testkit'
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAccessTokens } from '../src/identity/access-tokens.ts'
import { newSigningKey, storedSigningKeys } from '../src/identity/signing-keys.ts'
import { type RunningBackend, startBackend } from '../src/index.ts'
import { caller, configOf, cookieOf, type Rig, type Signed, signIn, startRig } from './rig.ts'

const PUBLISH_MS = 1_500
const key = generateFernetKey()
let rig: Rig
let second: RunningBackend
let closeSecond: () => Promise<void>
let operator: Signed
let admin: Signed
beforeAll(async () => {
  rig = await startRig({ config: { keyPublishMs: PUBLISH_MS, encryptionKey: key } })
  const bus = createMemoryBus({ broker: rig.broker })
  const live = createMemoryLive({ store: rig.liveStore })
  const config = { ...rig.config, ...configOf({ keyPublishMs: PUBLISH_MS, encryptionKey: key, instanceId: 'second' }) }
  second = await startBackend(config, { store: rig.store, bus, live, clock: systemClock, log: silentLog })
  closeSecond = async () => {
    await second.close()
    await bus.close()
    await live.close()
  }
  operator = await rig.person('OPERATOR')
  admin = await rig.person('ADMIN')
}, 60_000)
afterAll(async () => {
  await closeSecond()
  await rig.close()
})

const kidOf = (token: string) => decodeProtectedHeader(token).kid as string
const kidsOf = async (backend: RunningBackend): Promise<string[]> =>
  (await backend.app.inject({ url: '/.well-known/jwks.json' })).json().keys.map(({ kid }: { kid: string }) => kid)
const audits = async (entityId: string) =>
  (await rig.store.query<{ action: string }>(`SELECT action FROM audit_log WHERE entity_id = $1`, [entityId])).map(
    ({ action }) => action,
  )

/** Works on until told to stop; every answer that is not 200 is a failure. */
function hammer(work: () => Promise<number>) {
  const count = { asked: 0, failed: [] as number[] }
  let on = true
  const done = (async () => {
    while (on) {
      const status = await work()
      count.asked++
      if (status !== 200) count.failed.push(status)
    }
  })()
  return {
    count,
    async stop() {
      on = false
      await done
      return count
    },
  }
}

/** Renews its session at one backend and is asked who it is by both, over and over. */
function client(person: Signed, home: RunningBackend, signedWith: Set<string>, order: string[]) {
  let { cookie, token } = person
  return hammer(async () => {
    const renewed = await home.app.inject({
      method: 'POST',
      url: '/api/auth/refresh',
      headers: { cookie, 'x-requested-with': 'test' },
    })
    if (renewed.statusCode !== 200) return renewed.statusCode
    cookie = cookieOf(renewed.headers)
    token = renewed.json().access_token
    if (!signedWith.has(kidOf(token))) order.push(`signed ${kidOf(token)}`)
    signedWith.add(kidOf(token))
    const [here, there] = await Promise.all(
      [rig.backend, second].map(async (backend) => (await caller(backend, token)('GET', '/api/auth/me')).status),
    )
    return here === 200 ? (there as number) : (here as number)
  })
}

describe('a new signing key', () => {
  it('is known to every backend before it signs, and refuses and signs out nobody', async () => {
    const [before] = await kidsOf(rig.backend)
    expect(await kidsOf(second)).toEqual([before])
    const old = operator.token
    const session = decodeJwt(old)['sid']
    const signedWith = new Set<string>()
    const order: string[] = []
    const clients = await Promise.all(
      [rig.backend, second, rig.backend, second].map(async (home) =>
        client(await signIn(home, operator), home, signedWith, order),
      ),
    )
    await requestKey(rig.store, 'signing', 'a test')
    const published = await eventually(
      async () => {
        const [first, other] = await Promise.all([kidsOf(rig.backend), kidsOf(second)])
        return first.length === 2 && other.length === 2 ? first.find((kid) => kid !== before) : undefined
      },
      { what: 'both backends to know the new key' },
    )
    order.push(`published ${published}`)
    await eventually(() => signedWith.has(published as string), { what: 'the new key to sign', deadlineMs: 10_000 })
    // Whoever signs with the former one any more is late; all clients go round a few times with the new one.
    const asked = clients[0]?.count.asked as number
    await eventually(() => (clients[0]?.count.asked as number) > asked + 20, { deadlineMs: 10_000 })
    for (const each of clients) {
      const { asked: requests, failed } = await each.stop()
      expect(requests).toBeGreaterThan(20)
      expect(failed).toEqual([])
    }
    expect(order.indexOf(`signed ${published}`)).toBeGreaterThan(order.indexOf(`published ${published}`))
    expect(kidOf((await signIn(second, operator)).token)).toBe(published)
    for (const backend of [rig.backend, second]) {
      const me = await caller(backend, old)('GET', '/api/auth/me')
      expect(me.status, 'a token of the former key').toBe(200)
    }
    expect(decodeJwt((await signIn(rig.backend, operator)).token)['sid']).not.toBe(session)
    expect(await audits('signing_key')).toEqual(['KEY_CREATE', 'KEY_ROTATION'])
  }, 60_000)

  it('is made once the last one is 90 days old, and the former is gone after 7', async () => {
    const [current] = await kidsOf(rig.backend)
    // The former one stays the older of the two.
    await rig.store.execute(
      `UPDATE keys SET active_at = now() - CASE id WHEN $1 THEN interval '89 days' ELSE interval '90 days' END,
         replaced_at = CASE id WHEN $1 THEN NULL ELSE replaced_at END WHERE purpose = 'signing'`,
      [current],
    )
    const wake = () => rig.store.query(`SELECT pg_notify('stam_keys', '')`)
    await wake()
    const pinned = await kidsOf(rig.backend)
    expect(pinned[0]).toBe(current)
    await rig.store.execute(`UPDATE keys SET active_at = now() - interval '91 days' WHERE id = $1`, [current])
    await wake()
    const next = await eventually(async () => (await kidsOf(second)).find((kid) => !pinned.includes(kid)), {
      what: 'a key made for age',
      deadlineMs: 15_000,
    })
    await eventually(async () => kidOf((await signIn(rig.backend, operator)).token) === next, { deadlineMs: 15_000 })
    const stale = operator.token
    await rig.store.execute(
      `UPDATE keys SET active_at = now() - interval '99 days', replaced_at = now() - interval '8 days' WHERE purpose = 'signing' AND id <> $1`,
      [next],
    )
    await wake()
    await eventually(async () => (await kidsOf(second)).length === 1, {
      what: 'the former keys to go',
      deadlineMs: 15_000,
    })
    // Not shown any more at once; gone when the keeper has come by.
    const rows = () => rig.store.query<{ id: string }>(`SELECT id FROM keys WHERE purpose = 'signing'`)
    const left = await eventually(async () => ((await rows()).length === 1 ? rows() : null), { deadlineMs: 15_000 })
    expect(left).toEqual([{ id: next }])
    expect(kidOf(stale)).not.toBe(next)
  }, 60_000)

  it('is looked for when a token names one that is not known yet', async () => {
    const deaf = {
      query: (sql: string, values?: readonly unknown[]) => rig.store.query(sql, values),
      inTransaction: (work: never) => rig.store.inTransaction(work),
      listen: async () => ({ close: async () => {} }),
    } as unknown as Store
    const noTimers = { ...systemClock, setTimer: () => () => {} }
    const sealing = createKeyring(new Secret(key))
    const [late, early] = await Promise.all([
      storedSigningKeys({ store: deaf, clock: noTimers, log: silentLog, sealing }),
      storedSigningKeys({ store: rig.store, clock: systemClock, log: silentLog, sealing }),
    ])
    const fresh = await newSigningKey(sealing)
    await eventually(async () =>
      changeKeys(rig.store, async (tx) => (await addKey(tx, fresh, { by: 'a test', leadMs: 0 }), true)),
    )
    await eventually(() => early.signing().kid === fresh.id)
    const sub = decodeJwt(operator.token).sub as string
    const token = await createAccessTokens(early, systemClock).issue({ sub, sid: sub, role: 'OPERATOR', name: 'x' })
    expect(late.signing().kid).not.toBe(fresh.id)
    expect(await createAccessTokens(late, systemClock).verify(token)).toMatchObject({ sub })
    await Promise.all([late.close(), early.close()])
  })
})

describe('a new encryption key', () => {
  const reveal = (person: Signed, backend: RunningBackend, panel: string) =>
    caller(backend, person.token)('POST', `/api/secrets/panel-integration-key/${panel}/reveal`, { reason: 'przegląd' })

  it('takes over every value while secrets are read and written at both backends', async () => {
    admin = await signIn(rig.backend, admin)
    const site = await rig.site()
    const values = new Map<string, string>()
    let port = 30_000
    const add = async (backend: RunningBackend) => {
      const integration_key = `klucz-${port}`
      const body = { site_id: site, name: 'C', host: '10.9.9.9', port: port++, integration_key }
      const answer = await caller(backend, admin.token)('POST', '/api/panels', body)
      if (answer.status === 200) values.set(answer.body.panel.id, integration_key)
      return answer.status
    }
    for (let number = 0; number < 20; number++) expect(await add(rig.backend)).toBe(200)
    const bulk = await Promise.all(Array.from({ length: 450 }, () => rig.panel(site)))
    const old = createKeyring(new Secret(key))
    await rig.store.execute(`UPDATE panels SET integration_key_encrypted = $2 WHERE id = ANY ($1::uuid[])`, [
      bulk,
      old.encrypt('wspolny'),
    ])
    for (const id of bulk) values.set(id, 'wspolny')
    const code = await caller(second, admin.token)('POST', `/api/sites/${site}/secrets`, {
      kind: 'PANEL_USER_CODE',
      label: 'Kierownik',
      value: '4827-kod',
    })
    const numbers = await rig.store.query(`SELECT id, version, integration_key_no FROM panels ORDER BY id`)
    const readers = [rig.backend, second].map((backend) =>
      hammer(async () => {
        const ids = [...values.keys()]
        const id = ids[Math.floor(Math.random() * ids.length)] as string
        const { status, body } = await reveal(admin, backend, id)
        return status === 200 && body.value !== values.get(id) ? 999 : status
      }),
    )
    const writers = [rig.backend, second].map((backend) => hammer(() => add(backend)))
    await requestKey(rig.store, 'encryption', 'a test')
    const made = await eventually(async () => (await listKeys(rig.store, 'encryption')).find((one) => one.settled), {
      what: 'everything to be under the new key',
      deadlineMs: 40_000,
    })
    let asked = 0
    for (const each of [...readers, ...writers]) {
      const { failed, asked: requests } = await each.stop()
      expect(failed).toEqual([])
      asked += requests
    }
    expect(asked).toBeGreaterThan(100)
    const alone = createKeyring(new Secret(old.decrypt(made.sealed as string).toString()))
    const rows = await rig.store.query<{ id: string; token: string }>(
      `SELECT id, integration_key_encrypted AS token FROM panels WHERE integration_key_encrypted IS NOT NULL`,
    )
    expect(rows.length).toBe(values.size)
    for (const { id, token } of rows) expect(alone.decrypt(token).toString()).toBe(values.get(id))
    const [kept] = await rig.store.query<{ token: string }>(
      `SELECT value_encrypted AS token FROM secrets WHERE id = $1`,
      [code.body.id],
    )
    expect(alone.decrypt(kept?.token as string).toString()).toBe('4827-kod')
    const ids = numbers.map((row) => row['id'])
    const after = await rig.store.query(
      `SELECT id, version, integration_key_no FROM panels WHERE id = ANY ($1::uuid[]) ORDER BY id`,
      [ids],
    )
    expect(after, 'no worker is to take it for a change by people').toEqual(numbers)
    expect(await audits('encryption_key')).toContain('KEY_ROTATION')
  }, 90_000)

  it('replaces the one before, which goes a day later', async () => {
    const [first] = await listKeys(rig.store, 'encryption')
    await requestKey(rig.store, 'encryption', 'a test')
    await eventually(
      async () => {
        const [last] = await listKeys(rig.store, 'encryption')
        return last?.id !== first?.id && last?.settled
      },
      { what: 'a second new key', deadlineMs: 40_000 },
    )
    expect(await listKeys(rig.store, 'encryption')).toHaveLength(2)
    await rig.store.execute(`UPDATE keys SET settled_at = now() - interval '25 hours' WHERE purpose = 'encryption'`)
    const third = await startBackend(
      { ...rig.config, encryptionKey: new Secret(key) },
      { store: rig.store, bus: rig.bus, live: rig.live, clock: systemClock, log: silentLog },
    )
    await eventually(async () => (await listKeys(rig.store, 'encryption')).length === 1, { deadlineMs: 15_000 })
    await third.close()
    expect(await audits('encryption_key')).toContain('KEY_REMOVE')
  }, 90_000)
})

describe('a process killed while it encrypts anew', () => {
  it('leaves every value readable, and the next one goes on', async () => {
    const database = await testDatabase()
    const store = await openStore({ url: database.url, poolSize: 4, applicationName: 'kill-test' })
    const [oldKey, newKey] = [generateFernetKey(), generateFernetKey()]
    const old = createKeyring(new Secret(oldKey))
    const both = createKeyring(new Secret(`${newKey},${oldKey}`))
    const alone = createKeyring(new Secret(newKey))
    await store.execute(`INSERT INTO sites (id, code, name, type) VALUES (gen_random_uuid(), 'K', 'K', 'SHOP')`)
    await store.execute(
      `INSERT INTO panels (id, site_id, name, host, port, integration_key_encrypted)
       SELECT gen_random_uuid(), (SELECT id FROM sites), 'P', '10.0.0.1', n, $1 FROM generate_series(1, 3000) n`,
      [old.encrypt('tajne')],
    )
    const left = async () => {
      const rows = await store.query<{ token: string }>(`SELECT integration_key_encrypted AS token FROM panels`)
      for (const { token } of rows) expect(both.decrypt(token).toString()).toBe('tajne')
      return rows.filter(({ token }) => !alone.isCurrent(token)).length
    }
    const child = fork(fileURLToPath(new URL('reencrypting-process.ts', import.meta.url)), {
      execArgv: ['--disable-warning=ExperimentalWarning'],
    })
    child.send({ url: database.url, keys: `${newKey},${oldKey}` })
    const ended = new Promise((resolve) => child.once('exit', resolve))
    // The last row is held, so that it cannot have finished before it is killed.
    await store.inTransaction(async (tx) => {
      await tx.query('SELECT FROM panels ORDER BY id DESC LIMIT 1 FOR UPDATE')
      await eventually(async () => (await left()) < 3_000, { what: 'the first batches', deadlineMs: 20_000 })
      child.kill('SIGKILL')
      await ended
    })
    const after = await left()
    expect(after).toBeGreaterThan(0)
    const { rotated, unreadable } = await reencryptAll(store, both)
    expect({ rotated, unreadable }).toEqual({ rotated: after, unreadable: 0 })
    expect(await left()).toBe(0)
    await store.close()
    await database.close()
  }, 60_000)
})
