// Spec 04 "Messages": what can never be taken is a dead letter (redeliveries: the contract suite of the bus), shown, replayed or discarded with a reason. Spec 06: by whom, on record.
import { type BusEvent, createRabbitBus } from '@stam/bus'
import { Secret, uuidv7 } from '@stam/runtime'
import { eventually, type RabbitServer, startRabbit } from '@stam/testkit'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { panelEvent, type Rig, type Signed, startRig } from './rig.ts'

const LIST = '/api/system/dead-letters'
const REASON = 'awaria wyzwalacza w bazie'
let rig: Rig
let admin: Signed

const letters = async (of = admin) => (await of.call('GET', LIST)).body
const firstId = async (): Promise<string> => (await letters()).data[0].id
const eventsOf = async (panelId: string) =>
  Number(
    (await rig.store.query<{ n: string }>('SELECT count(*) AS n FROM events WHERE panel_id = $1', [panelId]))[0]?.n,
  )
const audited = async (action: string) => (await admin.call('GET', `/api/audit?action=${action}`)).body.data
const total = (count: number) =>
  eventually(
    async () => {
      expect(await letters()).toMatchObject({ total: count })
      return true
    },
    { deadlineMs: 15_000 },
  )

describe('on RabbitMQ', () => {
  let rabbit: RabbitServer
  let happened: BusEvent[]
  beforeAll(async () => {
    rabbit = await startRabbit()
  }, 60_000)
  afterAll(() => rabbit.close())
  beforeEach(async () => {
    happened = []
    const bus = createRabbitBus({
      hosts: [`127.0.0.1:${rabbit.port}`],
      username: rabbit.username,
      password: new Secret(rabbit.password),
      name: 'backend-test',
      queueType: 'classic',
      redeliveryDelayMs: { first: 5, longest: 20 },
      onEvent: (event) => happened.push(event),
    })
    await bus.ready(15_000)
    rig = await startRig({ bus })
    admin = await rig.person('ADMIN')
  }, 60_000)
  afterEach(() => rig.close())

  /** The database refuses this panel's events, and no repeating would help. */
  const breakFor = (panelId: string) =>
    rig.store.execute(`
      CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.panel_id = '${panelId}' THEN RAISE EXCEPTION 'out of order'; END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER fail BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION fail()`)
  const mend = () => rig.store.execute('DROP TRIGGER fail ON events')

  it('a message the database always refuses waits with its reason, and once replayed is stored once', async () => {
    const site = await rig.site()
    const [sick, healthy] = [await rig.panel(site), await rig.panel(site)]
    await breakFor(sick)
    const poison = panelEvent(sick)
    await rig.bus.publish(poison)
    await rig.bus.publish(panelEvent(healthy))
    await total(1)
    await eventually(async () => (await eventsOf(healthy)) === 1)
    const [letter] = (await letters()).data
    expect(letter).toMatchObject({
      queue: expect.stringMatching(/^events\.processing\.\d$/),
      topic: `satel.alarm.${sick}`,
      reason: expect.stringContaining('out of order'),
      message_id: poison.event_id,
      request_id: poison.request_id,
      kind: 'panel-event',
      sender: 'backend-test',
    })
    expect(happened).toContainEqual(expect.objectContaining({ kind: 'dead-letter', message_id: poison.event_id }))
    await eventually(async () => (await admin.call('GET', '/api/system/status')).body.dead_letters === 1)
    expect((await rig.backend.app.inject('/metrics')).body).toMatch(/^dead_letters\{[^}]*\} 1$/m)

    const { body: seen } = await admin.call('GET', `${LIST}/${letter.id}`)
    expect(seen).toMatchObject({ readable: true, hidden: [], payload: { event_id: poison.event_id, panel_id: sick } })

    await mend()
    const act = { ids: [letter.id], reason: REASON }
    expect((await admin.call('POST', `${LIST}/replay`, act)).body.results).toEqual([{ id: letter.id, outcome: 'done' }])
    await eventually(async () => (await eventsOf(sick)) === 1)
    expect((await admin.call('POST', `${LIST}/replay`, act)).body.results).toEqual([{ id: letter.id, outcome: 'gone' }])
    expect((await letters()).total).toBe(0)
    // A second copy of the same signal, as a replay whose confirmation was lost would make it.
    await rig.bus.publish(poison)
    await eventually(async () => (await rig.bus.queueDepths()).every(({ messages }) => messages === 0))
    expect(await eventsOf(sick)).toBe(1)
    expect((await admin.call('GET', '/api/system/status')).body.dead_letters).toBe(0)
    expect(await audited('DEAD_LETTER_REPLAY')).toMatchObject([
      {
        actor: { id: admin.id },
        reason: REASON,
        entity_id: letter.id,
        before: { message_id: poison.event_id, panel_id: sick, queue: letter.queue },
      },
    ])
    expect(await audited('DEAD_LETTER_READ')).toHaveLength(1)
  })

  it('one thrown away is gone for good, and the record says by whom, why and what it was', async () => {
    const stranger = panelEvent(uuidv7())
    await rig.bus.publish(stranger)
    await rig.bus.publish(panelEvent(uuidv7()))
    await total(2)
    const before = await letters()
    const id = before.data.find((letter: { message_id: string }) => letter.message_id === stranger.event_id).id
    const { body } = await admin.call('POST', `${LIST}/discard`, { ids: [id, 'not-there'], reason: 'obca centrala' })
    expect(body.results).toEqual([
      { id, outcome: 'done' },
      { id: 'not-there', outcome: 'gone' },
    ])
    expect((await letters()).data.map((letter: { id: string }) => letter.id)).toEqual(
      before.data.map((letter: { id: string }) => letter.id).filter((other: string) => other !== id),
    )
    expect(await audited('DEAD_LETTER_DISCARD')).toMatchObject([
      {
        actor: { id: admin.id },
        role: 'ADMIN',
        reason: 'obca centrala',
        entity_id: id,
        before: { message_id: stranger.event_id, died_of: expect.stringContaining('UNKNOWN_SITE') },
      },
    ])
    await admin.call('POST', `${LIST}/discard`, { ids: [await firstId()], reason: 'sprzątanie' })
  })

  it('with the broker down says so at once, and changes nothing', async () => {
    await rig.bus.publish(panelEvent(uuidv7()))
    await total(1)
    const id = await firstId()
    await rabbit.stop()
    try {
      await eventually(() => rig.bus.status.state !== 'up', { deadlineMs: 10_000 })
      for (const [method, url, body] of [
        ['GET', LIST, undefined],
        ['GET', `${LIST}/${id}`, undefined],
        ['POST', `${LIST}/replay`, { ids: [id], reason: REASON }],
        ['POST', `${LIST}/discard`, { ids: [id], reason: REASON }],
      ] as const) {
        const answer = await admin.call(method, url, body)
        expect([answer.status, answer.body.error.code]).toEqual([503, 'BROKER_UNAVAILABLE'])
        expect(answer.headers['retry-after']).toBe('2')
        expect(JSON.stringify(answer.body)).not.toMatch(/127\.0\.0\.1|ECONN/)
      }
      await eventually(async () => (await admin.call('GET', '/api/system/status')).body.dead_letters === null)
    } finally {
      await rabbit.start()
    }
    await rig.bus.ready(30_000)
    await total(1)
    expect(await audited('DEAD_LETTER_DISCARD')).toEqual([])
    await admin.call('POST', `${LIST}/discard`, { ids: [id], reason: 'sprzątanie' })
  }, 90_000)
})

describe('in the embedded profile', () => {
  beforeEach(async () => {
    rig = await startRig()
    admin = await rig.person('ADMIN')
  })
  afterEach(() => rig.close())

  it('is the same: shown, replayed after the fault is gone, refused while the broker is stopped', async () => {
    const site = await rig.site()
    const panelId = uuidv7()
    await rig.bus.publish(panelEvent(panelId))
    await total(1)
    const id = await firstId()
    rig.broker.stop()
    expect((await admin.call('GET', LIST)).body.error.code).toBe('BROKER_UNAVAILABLE')
    rig.broker.start()
    await rig.store.execute(
      `INSERT INTO panels (id, site_id, name, host, port) VALUES ($1, $2, 'Nowa', '10.9.9.9', 7)`,
      [panelId, site],
    )
    const { body } = await admin.call('POST', `${LIST}/replay`, { ids: [id], reason: 'centrala dodana' })
    expect(body.results).toEqual([{ id, outcome: 'done' }])
    await eventually(async () => (await eventsOf(panelId)) === 1)
    expect((await letters()).total).toBe(0)
  })

  it('takes no act without a reason, none of more than a hundred, and cuts a list too long', async () => {
    for (const body of [
      { ids: ['a'], reason: ' nie ' },
      { ids: ['a'] },
      { ids: [], reason: REASON },
      { ids: Array.from({ length: 101 }, (_, n) => `id-${n}`), reason: REASON },
    ]) {
      for (const act of ['replay', 'discard'])
        expect((await admin.call('POST', `${LIST}/${act}`, body)).body.error.code).toBe('INVALID_REQUEST')
    }
    expect((await admin.call('GET', `${LIST}?limit=5000`)).body).toMatchObject({ limit: 1_000, limit_cut: true })
  })

  it('nothing is thrown away that could not be put on record before', async () => {
    await rig.bus.publish(panelEvent(uuidv7()))
    await total(1)
    const id = await firstId()
    await rig.store.execute(`
      CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'full'; END $$;
      CREATE TRIGGER no BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION no()`)
    expect((await admin.call('POST', `${LIST}/discard`, { ids: [id], reason: REASON })).status).toBe(500)
    expect((await letters()).total).toBe(1)
  })
})
