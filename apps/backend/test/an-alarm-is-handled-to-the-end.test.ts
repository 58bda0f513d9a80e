// Spec 02 "Life of an alarm", spec 05 "alarms": the way of one alarm through the hands of people, and every refusal.
import type { AlarmStatus } from '@stam/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Answer, type Rig, type Signed, startRig } from './rig.ts'

let rig: Rig
let operator: Signed
let colleague: Signed
let master: Signed
let technician: Signed

beforeAll(async () => {
  rig = await startRig()
  operator = await rig.person('OPERATOR')
  colleague = await rig.person('OPERATOR')
  master = await rig.person('MASTER')
  technician = await rig.person('TECHNICIAN')
})
afterAll(() => rig.close())

const NOTE = 'Sprawdzone telefonicznie'
const freshAlarm = async () => rig.alarm(await rig.panel(await rig.site()))
const versionOf = async (id: string) => (await master.call('GET', `/api/alarms/${id}`)).body.alarm.version as number
async function act(person: Signed, id: string, action: string, fields: object = {}): Promise<Answer> {
  return person.call('POST', `/api/alarms/${id}/${action}`, { version: await versionOf(id), ...fields })
}

describe('an alarm', () => {
  it('goes from new to closed with a complete record of who did what', async () => {
    const id = await freshAlarm()
    const claimed = await act(operator, id, 'claim')
    expect(claimed.body).toMatchObject({
      alarm: { id, status: 'IN_PROGRESS', version: 2, handler: { id: operator.id, name: operator.name } },
      allowed_actions: ['ack', 'close', 'release', 'note'],
    })
    expect((await act(operator, id, 'ack', { note: NOTE })).body.alarm).toMatchObject({ status: 'ACK' })
    expect((await act(operator, id, 'resolve')).body.alarm).toMatchObject({ status: 'RESOLVED' })
    const closed = await act(operator, id, 'close', { disposition: 'REAL' })
    expect(closed.body).toMatchObject({
      alarm: { status: 'CLOSED', disposition: 'REAL', version: 5 },
      allowed_actions: [],
    })

    const { body } = await operator.call('GET', `/api/alarms/${id}`)
    expect(body.transitions.map((move: { action: string }) => move.action)).toEqual([
      'open',
      'claim',
      'ack',
      'resolve',
      'close',
    ])
    expect(body.transitions[2]).toMatchObject({
      actor: { kind: 'user', id: operator.id, name: operator.name },
      from_status: 'IN_PROGRESS',
      to_status: 'ACK',
      note: NOTE,
      version_before: 2,
      version_after: 3,
    })
    expect(body.events).toHaveLength(1)
    expect(body.events[0]).toMatchObject({ event_type: 'ALARM', zone_no: 1, repeat_count: 0 })
    const audit = await master.call('GET', `/api/audit?entity_type=alarm&entity_id=${id}`)
    const acts = audit.body.data.map((entry: { action: string }) => entry.action).reverse()
    expect(acts.slice(-4)).toEqual(['ALARM_CLAIM', 'ALARM_ACK', 'ALARM_RESOLVE', 'ALARM_CLOSE'])
    expect(audit.body.data[0]).toMatchObject({
      actor: { name: operator.name },
      role: 'OPERATOR',
      service_instance_id: 'backend-test',
    })
  })

  it('tells every step to the stream, as the whole alarm at that version', async () => {
    const heard: { sequence_id: number; type: string; data: Record<string, unknown> }[] = []
    const consumer = rig.bus.onStream((messages) => void heard.push(...messages))
    const id = await freshAlarm()
    await act(operator, id, 'claim')
    await act(operator, id, 'close', { disposition: 'FALSE', note: NOTE })
    await rig.relay()
    await consumer.close()
    const own = heard.filter((message) => message.data['id'] === id)
    expect(own.map((message) => [message.type, message.data['version'], message.data['status']])).toEqual([
      ['alarm.new', 1, 'NEW'],
      ['alarm.updated', 2, 'IN_PROGRESS'],
      ['alarm.closed', 3, 'CLOSED'],
    ])
    expect(own[1]?.data).toMatchObject({ handler: { name: operator.name }, site: { city: 'Kraków' } })
  })
})

describe('a conflict', () => {
  it('names who has the alarm when somebody was faster', async () => {
    const id = await freshAlarm()
    const version = await versionOf(id)
    await operator.call('POST', `/api/alarms/${id}/claim`, { version })
    const late = await colleague.call('POST', `/api/alarms/${id}/claim`, { version })
    expect(late.status).toBe(409)
    expect(late.body.error).toMatchObject({
      code: 'ALARM_ALREADY_CLAIMED',
      details: {
        handler: { id: operator.id, name: operator.name },
        version: 2,
        changed_by: operator.name,
        current: { id, status: 'IN_PROGRESS' },
      },
    })
    expect(Date.parse(late.body.error.details.changed_at)).not.toBeNaN()
  })

  it('shows the current state to whoever saw an older version', async () => {
    const id = await freshAlarm()
    await act(operator, id, 'claim')
    const stale = await operator.call('POST', `/api/alarms/${id}/ack`, { version: 1, note: NOTE })
    expect(stale.status).toBe(409)
    expect(stale.body.error).toMatchObject({
      code: 'ALARM_STALE_VERSION',
      details: { version: 2, changed_by: operator.name, current: { status: 'IN_PROGRESS' } },
    })
  })

  it('lets people finish an alarm whose event the panel’s memory has only completed since, and not one that turned into another', async () => {
    const panel = await rig.panel(await rig.site())
    const post = (id: string, action: string, body: object) =>
      operator.call('POST', `/api/alarms/${id}/${action}`, body)
    const first = { event_id: crypto.randomUUID(), event_code: 130 }
    const told = { ...first, source: 'MEMORY' as const, object_name: 'Okno od podwórza', partition_no: 2 }
    const id = await rig.alarm(panel, { ...first, source: 'STATE' })
    await post(id, 'claim', { version: 1 })
    await rig.alarm(panel, { ...told, event_code: 131 })
    expect(await versionOf(id)).toBe(3)
    const acked = await post(id, 'ack', { version: 2, note: NOTE })
    expect(acked.body.alarm, JSON.stringify(acked.body)).toMatchObject({
      status: 'ACK',
      version: 4,
      object_name: 'Okno od podwórza',
    })
    expect((await post(id, 'resolve', { version: 3 })).body.error.code).toBe('ALARM_STALE_VERSION')

    const other = { event_id: crypto.randomUUID(), event_code: 130 }
    const elsewhere = await rig.panel(await rig.site())
    const fire = await rig.alarm(elsewhere, { ...other, source: 'STATE' })
    await post(fire, 'claim', { version: 1 })
    await rig.alarm(elsewhere, { ...other, source: 'MEMORY', event_code: 110 })
    const refused = await post(fire, 'ack', { version: 2, note: NOTE })
    expect(refused.body.error).toMatchObject({ code: 'ALARM_STALE_VERSION', details: { version: 3 } })
  })

  it('lets a claim pass that has only missed joined events, but no acknowledgement', async () => {
    const panel = await rig.panel(await rig.site())
    const id = await rig.alarm(panel)
    await rig.alarm(panel, { zone_no: 2 })
    expect(await versionOf(id)).toBe(2)
    expect((await operator.call('POST', `/api/alarms/${id}/claim`, { version: 1 })).status).toBe(200)
    await rig.alarm(panel, { zone_no: 3 })
    const ack = await operator.call('POST', `/api/alarms/${id}/ack`, { version: 3, note: NOTE })
    expect(ack.body.error).toMatchObject({ code: 'ALARM_STALE_VERSION', details: { version: 4, changed_by: 'system' } })
  })

  it('is decided for exactly one of twenty who claim at once, every time', async () => {
    const crowd = await Promise.all(Array.from({ length: 20 }, () => rig.person('OPERATOR')))
    for (let round = 0; round < 25; round++) {
      const id = await freshAlarm()
      const answers = await Promise.all(
        crowd.map((person) => person.call('POST', `/api/alarms/${id}/claim`, { version: 1 })),
      )
      const winners = answers.filter((answer) => answer.status === 200)
      expect(winners).toHaveLength(1)
      const name = winners[0]?.body.alarm.handler.name
      const losers = answers.filter((answer) => answer.status === 409)
      expect(losers).toHaveLength(19)
      expect(new Set(losers.map((answer) => answer.body.error.code))).toEqual(new Set(['ALARM_ALREADY_CLAIMED']))
      expect(new Set(losers.map((answer) => answer.body.error.details.handler.name))).toEqual(new Set([name]))
      expect(await versionOf(id)).toBe(2)
    }
  }, 120_000)
})

describe('a note', () => {
  it('of ten characters is what an acknowledgement takes', async () => {
    const id = await freshAlarm()
    await act(operator, id, 'claim')
    expect((await act(operator, id, 'ack')).body.error.code).toBe('NOTE_REQUIRED')
    const short = await act(operator, id, 'ack', { note: '   too short   ' })
    expect(short.status).toBe(422)
    expect(short.body.error).toMatchObject({ code: 'NOTE_TOO_SHORT', details: { min_length: 10 } })
    expect((await act(operator, id, 'ack', { note: 'dziesięć!!' })).status).toBe(200)
  })
})

describe('a request under an Idempotency-Key', () => {
  it('acts once however often it is sent, and gives the first answer again', async () => {
    const id = await freshAlarm()
    const headers = { 'idempotency-key': 'claim-of-the-test-1' }
    const send = () => operator.call('POST', `/api/alarms/${id}/claim`, { version: 1 }, headers)
    const answers = await Promise.all(Array.from({ length: 6 }, send))
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]))
    for (const answer of answers) expect(answer.body).toEqual(answers[0]?.body)
    expect(await versionOf(id)).toBe(2)
    const other = await operator.call('POST', `/api/alarms/${id}/note`, { version: 2, note: NOTE }, headers)
    expect(other.status).toBe(409)
    expect(other.body.error.code).toBe('IDEMPOTENCY_KEY_REUSED')
  })

  it('that was refused leaves nothing behind and may be tried again', async () => {
    const id = await freshAlarm()
    const headers = { 'idempotency-key': 'refused-first' }
    const send = (note: string) => operator.call('POST', `/api/alarms/${id}/ack`, { version: 2, note }, headers)
    expect((await send(NOTE)).status).toBe(409)
    await act(operator, id, 'claim')
    expect((await send(NOTE)).status).toBe(200)
  })

  it('belongs to one person', async () => {
    const headers = { 'idempotency-key': 'everybodys-favourite' }
    const ids = [await freshAlarm(), await freshAlarm()]
    expect((await operator.call('POST', `/api/alarms/${ids[0]}/claim`, { version: 1 }, headers)).status).toBe(200)
    expect((await colleague.call('POST', `/api/alarms/${ids[1]}/claim`, { version: 1 }, headers)).status).toBe(200)
  })
})

const requests = {
  claim: {},
  release: {},
  'take-over': {},
  ack: { note: NOTE },
  resolve: {},
  close: { note: NOTE, disposition: 'FALSE' },
  note: { note: NOTE },
} as const
type Action = keyof typeof requests
const way: Record<AlarmStatus, readonly Action[]> = {
  NEW: [],
  IN_PROGRESS: ['claim'],
  ACK: ['claim', 'ack'],
  RESOLVED: ['claim', 'ack', 'resolve'],
  CLOSED: ['claim', 'close'],
}
/** What the handler gets for each action in each state. */
const expected: Record<AlarmStatus, Record<Action, AlarmStatus | string>> = {
  NEW: {
    claim: 'IN_PROGRESS',
    release: 'ALARM_INVALID_STATE',
    'take-over': 'ALARM_INVALID_STATE',
    ack: 'ALARM_INVALID_STATE',
    resolve: 'ALARM_INVALID_STATE',
    close: 'ALARM_INVALID_STATE',
    note: 'NEW',
  },
  IN_PROGRESS: {
    claim: 'ALARM_ALREADY_CLAIMED',
    release: 'NEW',
    'take-over': 'ALARM_ALREADY_CLAIMED',
    ack: 'ACK',
    resolve: 'ALARM_INVALID_STATE',
    close: 'CLOSED',
    note: 'IN_PROGRESS',
  },
  ACK: {
    claim: 'ALARM_INVALID_STATE',
    release: 'ALARM_INVALID_STATE',
    'take-over': 'ALARM_INVALID_STATE',
    ack: 'ALARM_INVALID_STATE',
    resolve: 'RESOLVED',
    close: 'CLOSED',
    note: 'ACK',
  },
  RESOLVED: {
    claim: 'ALARM_INVALID_STATE',
    release: 'ALARM_INVALID_STATE',
    'take-over': 'ALARM_INVALID_STATE',
    ack: 'ALARM_INVALID_STATE',
    resolve: 'ALARM_INVALID_STATE',
    close: 'CLOSED',
    note: 'RESOLVED',
  },
  CLOSED: {
    claim: 'ALARM_INVALID_STATE',
    release: 'ALARM_INVALID_STATE',
    'take-over': 'ALARM_INVALID_STATE',
    ack: 'ALARM_INVALID_STATE',
    resolve: 'ALARM_INVALID_STATE',
    close: 'ALARM_INVALID_STATE',
    note: 'ALARM_INVALID_STATE',
  },
}

describe('every action in every state', () => {
  const cells = Object.entries(expected).flatMap(([status, row]) =>
    Object.entries(row).map(([action, result]) => ({
      status: status as AlarmStatus,
      action: action as Action,
      result,
    })),
  )
  it.each(cells)('$status: $action → $result', async ({ status, action, result }) => {
    const id = await freshAlarm()
    for (const step of way[status]) expect((await act(operator, id, step, requests[step])).status).toBe(200)
    const before = await versionOf(id)
    const answer = await act(operator, id, action, requests[action])
    if (result === result.toUpperCase() && result.startsWith('ALARM_')) {
      expect(answer.status).toBe(409)
      expect(answer.body.error.code).toBe(result)
      expect(answer.body.error.details).toMatchObject({ version: before, current: { status } })
      expect(answer.body.error.details.allowed_transitions).toBeInstanceOf(Array)
      expect(await versionOf(id)).toBe(before)
    } else {
      expect(answer.status, JSON.stringify(answer.body)).toBe(200)
      expect(answer.body.alarm).toMatchObject({ status: result, version: before + 1 })
    }
  })

  it('is refused to those who may only look', async () => {
    const id = await freshAlarm()
    for (const action of Object.keys(requests) as Action[]) {
      const answer = await technician.call('POST', `/api/alarms/${id}/${action}`, { version: 1, ...requests[action] })
      expect(answer.status).toBe(403)
    }
  })
})

describe("a colleague's alarm", () => {
  it('can be taken over by a supervisor, and by anybody once the session of the handler has ended', async () => {
    const id = await freshAlarm()
    const gone = await rig.person('OPERATOR')
    await act(gone, id, 'claim')
    expect((await act(operator, id, 'ack', { note: NOTE })).body.error.code).toBe('ALARM_ALREADY_CLAIMED')
    expect((await act(operator, id, 'take-over')).status).toBe(403)
    expect((await act(master, id, 'take-over')).body.alarm.handler.name).toBe(master.name)
    const other = await freshAlarm()
    await act(gone, other, 'claim')
    await gone.call('POST', '/api/auth/logout-all')
    expect((await operator.call('GET', `/api/alarms/${other}`)).body.allowed_actions).toContain('take_over')
    expect((await act(operator, other, 'take-over')).body.alarm.handler.id).toBe(operator.id)
  })
})

describe('an alarm reported by hand', () => {
  it('opens with the chosen priority and the reporter in the record', async () => {
    const site = await rig.site()
    const report = { site_id: site, priority: 'WARNING', description: 'Sąsiad zgłasza otwarte drzwi' }
    const answer = await technician.call('POST', '/api/alarms', report)
    expect(answer.body.error?.code).toBe('SITE_NOT_FOUND')
    const reported = await operator.call('POST', '/api/alarms', report)
    expect(reported.body.alarm).toMatchObject({
      stream: 'manual',
      priority: 'WARNING',
      status: 'NEW',
      headline: { pl: report.description },
      site: { id: site },
    })
    const again = await colleague.call('POST', '/api/alarms', report)
    expect(again.body.alarm).toMatchObject({ id: reported.body.alarm.id, event_count: 2, repeat_count: 0 })
  })
})

describe('presented', () => {
  it('keeps the first time a screen showed an alarm, for alarms one may see', async () => {
    const ids = [await freshAlarm(), await freshAlarm()]
    const tell = (person: Signed) => person.call('POST', '/api/alarms/presented', { alarm_ids: ids })
    expect((await tell(operator)).body).toEqual({ recorded: 2 })
    expect((await tell(operator)).body).toEqual({ recorded: 0 })
    expect((await tell(technician)).body).toEqual({ recorded: 0 })
  })
})
