// Spec 05 "Conventions": keyset paging that stays stable while alarms arrive, filters, limits, cursors, scope.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Rig, type Signed, startRig } from './rig.ts'

let rig: Rig
let operator: Signed
let technician: Signed
const opened: string[] = []
let ownSite: string
let ownAlarm: string

beforeAll(async () => {
  rig = await startRig()
  operator = await rig.person('OPERATOR')
  const priorities = ['CRITICAL', 'WARNING', 'INFO'] as const
  for (let number = 0; number < 60; number++) {
    const panel = await rig.panel(await rig.site())
    opened.push(await rig.alarm(panel, { default_priority: priorities[number % 3] as 'INFO' }))
  }
  ownSite = await rig.site({ name: 'Żółta Łódź', city: 'Świnoujście' })
  ownAlarm = await rig.alarm(await rig.panel(ownSite), { object_name: 'Czujka w piwnicy' })
  opened.push(ownAlarm)
  technician = await rig.person('TECHNICIAN', [ownSite])
})
afterAll(() => rig.close())

interface Row {
  id: string
  priority: string
  created_at: string
  status: string
}
async function pages(query: string, meanwhile?: () => Promise<unknown>): Promise<Row[][]> {
  const all: Row[][] = []
  let after = ''
  for (;;) {
    const { status, body } = await operator.call('GET', `/api/alarms?${query}${after}`)
    expect(status, JSON.stringify(body)).toBe(200)
    all.push(body.data)
    if (!body.next) return all
    after = `&after=${body.next}`
    await meanwhile?.()
  }
}

describe('the queue', () => {
  it.each(['newest', 'priority'])(
    'gives every alarm once, in order, sorted by %s, while new ones arrive',
    async (sort) => {
      const before = new Set((await pages('limit=100')).flat().map((row) => row.id))
      const got = (
        await pages(`limit=7&sort=${sort}`, async () => {
          opened.push(await rig.alarm(await rig.panel(await rig.site())))
        })
      ).flat()
      const ids = got.map((row) => row.id)
      expect(new Set(ids).size).toBe(ids.length)
      for (const id of before) expect(ids).toContain(id)
      const rank = (row: Row) => (sort === 'priority' ? ['CRITICAL', 'WARNING', 'INFO'].indexOf(row.priority) : 0)
      for (const [index, row] of got.slice(1).entries()) {
        const previous = got[index] as Row
        const inOrder =
          rank(previous) < rank(row) ||
          (rank(previous) === rank(row) &&
            (previous.created_at > row.created_at || (previous.created_at === row.created_at && previous.id > row.id)))
        expect(inOrder, `${previous.priority} ${previous.created_at} before ${row.priority} ${row.created_at}`).toBe(
          true,
        )
      }
    },
  )

  it('cuts a limit above 100 and says so', async () => {
    const { body } = await operator.call('GET', '/api/alarms?limit=5000')
    expect(body).toMatchObject({ limit: 100, limit_cut: true })
    expect((await operator.call('GET', '/api/alarms?limit=0')).body.error.code).toBe('INVALID_REQUEST')
  })

  it('refuses cursors it did not give out', async () => {
    const { body } = await operator.call('GET', '/api/alarms?limit=5')
    const broken = [
      'x',
      'AAAA',
      `${body.next}A`,
      body.next.slice(0, -2),
      'ą',
      Buffer.from('["alarms:newest",{}]').toString('base64url'),
    ]
    for (const cursor of broken) {
      const answer = await operator.call('GET', `/api/alarms?limit=5&after=${encodeURIComponent(cursor)}`)
      expect(answer.status, cursor).toBe(400)
      expect(answer.body.error.code).toBe('INVALID_CURSOR')
    }
    expect((await operator.call('GET', `/api/alarms?sort=priority&after=${body.next}`)).body.error.code).toBe(
      'INVALID_CURSOR',
    )
  })

  it('counts what is open and carries a stream position no change is newer than', async () => {
    await rig.relay()
    const { body } = await operator.call('GET', '/api/alarms')
    const all = (await pages('limit=100')).flat()
    expect(body.counts).toEqual({
      CRITICAL: all.filter((row) => row.priority === 'CRITICAL').length,
      WARNING: all.filter((row) => row.priority === 'WARNING').length,
      INFO: all.filter((row) => row.priority === 'INFO').length,
      new: all.filter((row) => row.status === 'NEW').length,
    })
    expect(body.stream_position).toBe(await rig.backend.app.inject('/').then(() => body.stream_position))
    expect(body.stream_position).toBeGreaterThanOrEqual(all.length)
  })
})

describe('filters', () => {
  it.each([
    ['priority=CRITICAL', (row: Row) => row.priority === 'CRITICAL'],
    ['priority=WARNING,INFO&sort=priority', (row: Row) => row.priority !== 'CRITICAL'],
    ['status=NEW&stream=panel', (row: Row) => row.status === 'NEW'],
  ])('%s', async (query, matches) => {
    const everything = (await pages('limit=100')).flat()
    const found = (await pages(`limit=9&${query}`)).flat()
    expect(found.map((row) => row.id).sort()).toEqual(
      everything
        .filter(matches)
        .map((row) => row.id)
        .sort(),
    )
    expect(found.length).toBeGreaterThan(0)
  })

  it('finds by words of alarm and site, without Polish letters', async () => {
    for (const text of ['zolta lodz', 'SWINOUJSCIE', 'piwnicy', 'wlamaniowy zolta', 'Czujka Łódź']) {
      const { body } = await operator.call('GET', `/api/alarms?text=${encodeURIComponent(text)}`)
      expect(
        body.data.map((row: Row) => row.id),
        text,
      ).toEqual([ownAlarm])
    }
    const nothing = await operator.call('GET', `/api/alarms?text=${encodeURIComponent('100%_')}`)
    expect(nothing.body.data).toEqual([])
  })

  it('by site, by who has it, by time', async () => {
    const ids = async (query: string) => (await pages(query)).flat().map((row) => row.id)
    expect(await ids(`site_id=${ownSite}`)).toEqual([ownAlarm])
    expect(await ids('assignee=me')).toEqual([])
    await operator.call('POST', `/api/alarms/${ownAlarm}/claim`, { version: 1 })
    expect(await ids('assignee=me')).toEqual([ownAlarm])
    expect(await ids(`assignee=${operator.id}&status=IN_PROGRESS`)).toEqual([ownAlarm])
    expect(await ids('assignee=none&limit=100')).not.toContain(ownAlarm)
    expect(await ids('to=2020-01-01T00:00:00.000Z')).toEqual([])
    expect((await ids('from=2020-01-01T00:00:00.000Z&limit=100')).length).toBe(opened.length)
  })

  it('refuses words that are none', async () => {
    for (const query of [
      'status=OPEN',
      'priority=HIGH',
      'stream=x',
      'sort=oldest',
      'site_id=1',
      'limit=many',
      'from=yesterday',
    ]) {
      const answer = await operator.call('GET', `/api/alarms?${query}`)
      expect(answer.status, query).toBe(400)
      expect(answer.body.error.details.issues[0].path).toMatch(/^querystring/)
    }
  })
})

describe('a site scope', () => {
  it('hides everything of other sites: list, counts, detail, events, text search', async () => {
    const { body } = await technician.call('GET', '/api/alarms?limit=100')
    expect(body.data.map((row: Row) => row.id)).toEqual([ownAlarm])
    expect(body.counts.CRITICAL + body.counts.WARNING + body.counts.INFO).toBe(1)
    expect((await technician.call('GET', '/api/alarms?text=Sklep')).body.data).toEqual([])
    const foreign = opened[0] as string
    for (const url of [`/api/alarms/${foreign}`, `/api/alarms/${foreign}/events`]) {
      const answer = await technician.call('GET', url)
      expect(answer.status).toBe(404)
      expect(answer.body.error.code).toBe('ALARM_NOT_FOUND')
    }
    expect((await technician.call('GET', '/api/events?limit=500')).body.data).toHaveLength(1)
    expect((await technician.call('GET', `/api/alarms?site_id=${body.data[0].site.id}`)).body.data).toHaveLength(1)
    const nobody = await rig.person('FIELD_WORKER', [])
    expect((await nobody.call('GET', '/api/alarms')).body.data).toEqual([])
  })
})

describe('events', () => {
  it('are all there, page by page, in both orders', async () => {
    for (const order of ['newest', 'oldest']) {
      const got: { event_id: string; received_at: string }[] = []
      let after = ''
      do {
        const { body } = await operator.call('GET', `/api/events?limit=13&order=${order}${after}`)
        got.push(...body.data)
        after = body.next ? `&after=${body.next}` : ''
      } while (after !== '')
      expect(new Set(got.map((event) => event.event_id)).size).toBe(got.length)
      expect(got.length).toBe(opened.length)
      const times = got.map((event) => event.received_at)
      expect(times).toEqual(order === 'oldest' ? times.toSorted() : times.toSorted().reverse())
    }
  })
})
