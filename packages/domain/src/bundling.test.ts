import type { EventType, Priority } from '@stam/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { joinableStatuses } from './alarm-machine.ts'
import type { BundledAlarm, Decision, IncomingEvent, SiteContext } from './bundle.ts'
import { createBundler } from './bundling.ts'
import { defaultPriorityOf } from './classification.ts'
import { dedupKey, type RecentEvent, REPEATS_PER_HOUR, type RepeatCounter } from './dedup.ts'
import { opensAlarm } from './priority.ts'
import { endKey } from './signal-key.ts'

const T0 = Date.parse('2026-11-21T20:00:00.000Z')
const iso = (seconds: number) => new Date(T0 + seconds * 1000).toISOString()

function site(patch: Partial<SiteContext> = {}): SiteContext {
  return {
    site_id: 'S1',
    settings: { duplicate_window_s: 60, bundle_window_s: 900, retrigger: false, unauthorized_critical: false },
    service_mode: false,
    test_mode: false,
    zoneOverrides: () => null,
    ...patch,
  }
}

let serial = 0
function event(seconds: number, type: EventType, signal: string, patch: Partial<IncomingEvent> = {}): IncomingEvent {
  const zone = /zone:(\d+)/.exec(signal)
  return {
    event_id: `e${++serial}`,
    panel_id: 'P1',
    event_type: type,
    event_code: null,
    restore: type === 'RESTORE',
    zone_no: zone ? Number(zone[1]) : null,
    partition_no: null,
    timestamp: iso(seconds),
    received_at: iso(seconds),
    description: { pl: 'Włamanie', en: 'Burglary' },
    object_name: null,
    default_priority: defaultPriorityOf(type),
    late: false,
    dedup_key: dedupKey('P1', signal, type),
    signal: { key: signal },
    ...patch,
  }
}

function fold(events: readonly IncomingEvent[], context = site(), alarms: readonly BundledAlarm[] = []) {
  let opened = 0
  const bundler = createBundler({ alarms, recent: [], repeats: new Map(), newAlarmId: () => `A${++opened}` })
  const decisions = events.map((one) => bundler.decide(one, context))
  return { bundler, decisions, kinds: decisions.map((one) => `${one.event.kind}:${one.event.alarm_id ?? '-'}`) }
}

describe('bundling', () => {
  it('opens, joins within the window, opens again after it', () => {
    const { kinds, bundler } = fold([
      event(0, 'ALARM', 'alarm:zone:1'),
      event(100, 'ALARM', 'alarm:zone:2'),
      event(999, 'TAMPER', 'tamper:zone:1'),
      event(999 + 901, 'ALARM', 'alarm:zone:3'),
    ])
    expect(kinds).toEqual(['open:A1', 'join:A1', 'join:A1', 'open:A2'])
    expect(bundler.alarm('A1')).toMatchObject({
      event_count: 3,
      repeat_count: 0,
      version: 3,
      transition_version: 1,
      decision_version: 3,
      event_types: ['ALARM', 'TAMPER'],
      first_seen: iso(0),
      last_seen: iso(999),
    })
  })

  it('never mixes priorities or streams', () => {
    const { kinds } = fold([
      event(0, 'ALARM', 'alarm:zone:1'),
      event(1, 'TROUBLE', 'trouble:301:0'),
      event(2, 'UNAUTHORIZED_ACCESS', 'memory:83:0:1:0'),
      event(3, 'COMM_LOSS', 'comm:panel'),
      event(4, 'ALARM', 'alarm:zone:2'),
      event(5, 'TROUBLE', 'trouble:302:0'),
    ])
    expect(kinds).toEqual(['open:A1', 'open:A2', 'open:A3', 'open:A4', 'join:A1', 'join:A2'])
  })

  it('keeps alarms of a site on test apart from real ones, both ways', () => {
    const bundler = createBundler({
      alarms: [],
      recent: [],
      repeats: new Map(),
      newAlarmId: (one) => `A-${one.event_id}`,
    })
    const real = bundler.decide(event(0, 'ALARM', 'alarm:zone:1'), site())
    const drill = bundler.decide(event(5, 'ALARM', 'alarm:zone:1'), site({ test_mode: true }))
    const again = bundler.decide(event(9, 'ALARM', 'alarm:zone:2'), site())
    expect(drill.event.kind).toBe('open')
    expect(drill.event.test_mode).toBe(true)
    expect(again.event.alarm_id).toBe(real.event.alarm_id)
  })

  it('follows zone overrides and service mode', () => {
    const overrides: Record<string, Priority> = { ALARM: 'WARNING' }
    const context = site({ zoneOverrides: (_panel, zone) => (zone === 7 ? overrides : null) })
    const { bundler } = fold([event(0, 'ALARM', 'alarm:zone:7'), event(1, 'ALARM', 'alarm:zone:8')], context)
    expect(bundler.changedAlarms().map((alarm) => alarm.priority)).toEqual(['WARNING', 'CRITICAL'])
    expect(fold([event(0, 'TROUBLE', 'trouble:1:0')], site({ service_mode: true })).bundler.alarm('A1')).toMatchObject({
      priority: 'INFO',
      service_mode: true,
    })
  })

  it('re-triggers an acknowledged alarm only where the site wants it', () => {
    const acked = {
      ...fold([event(0, 'ALARM', 'alarm:zone:1')]).bundler.alarm('A1'),
      id: 'X',
      status: 'ACK',
      handler_id: 'u',
    }
    for (const retrigger of [false, true]) {
      const context = site({ settings: { ...site().settings, retrigger } })
      const { bundler, decisions } = fold([event(10, 'ALARM', 'alarm:zone:2')], context, [acked as BundledAlarm])
      expect(bundler.alarm('X')).toMatchObject({
        status: retrigger ? 'NEW' : 'ACK',
        handler_id: retrigger ? null : 'u',
        event_count: 2,
      })
      expect(decisions[0]?.transitions.map((one) => one.action)).toEqual(retrigger ? ['retrigger'] : [])
    }
  })

  it('never joins a resolved or closed alarm', () => {
    for (const status of ['RESOLVED', 'CLOSED'] as const) {
      const done = { ...fold([event(0, 'ALARM', 'alarm:zone:1')]).bundler.alarm('A1'), id: 'X', status }
      const { kinds } = fold([event(10, 'ALARM', 'alarm:zone:1')], site(), [done as BundledAlarm])
      expect(kinds).toEqual(['open:A1'])
    }
  })

  it('requires notes for unauthorised access and temperature', () => {
    expect(fold([event(0, 'UNAUTHORIZED_ACCESS', 'memory:83')]).bundler.alarm('A1')?.requires_note).toBe(true)
    expect(fold([event(0, 'TEMP_ALARM', 'sensor:1')]).bundler.alarm('A1')?.requires_note).toBe(true)
    expect(fold([event(0, 'ALARM', 'alarm:zone:1')]).bundler.alarm('A1')?.requires_note).toBe(false)
  })
})

describe('repeats', () => {
  it('are counted on the event they repeat and move last_seen', () => {
    const first = event(0, 'ALARM', 'alarm:zone:1')
    const { bundler, decisions, kinds } = fold([
      first,
      event(20, 'ALARM', 'alarm:zone:1'),
      event(40, 'ALARM', 'alarm:zone:1'),
      event(60, 'ALARM', 'alarm:zone:1'),
    ])
    expect(kinds).toEqual(['open:A1', 'repeat:A1', 'repeat:A1', 'join:A1'])
    expect(decisions.map((one) => one.event.repeat_of)).toEqual([null, first.event_id, first.event_id, null])
    expect(bundler.repeatsOf.get(first.event_id)).toBe(2)
    expect(bundler.alarm('A1')).toMatchObject({ event_count: 2, repeat_count: 2, last_seen: iso(60) })
  })

  it('are never an alarm and its end', () => {
    const { kinds } = fold([
      event(0, 'ALARM', 'alarm:zone:1'),
      event(5, 'RESTORE', endKey('alarm:zone:1')),
      event(10, 'ALARM', 'alarm:zone:1'),
      event(15, 'RESTORE', endKey('alarm:zone:1')),
    ])
    expect(kinds).toEqual(['open:A1', 'attach:A1', 'repeat:A1', 'attach:A1'])
  })

  it('count by when things happened, not by when they were read', () => {
    const late = (seconds: number) =>
      event(seconds, 'ALARM', 'alarm:zone:1', { received_at: iso(9000), late: true, timestamp: iso(seconds) })
    expect(fold([late(0), late(1800), late(3600)]).kinds).toEqual(['open:A1', 'join:A1', 'join:A1'])
  })

  it('of an event whose alarm is done open a new alarm', () => {
    const first = event(0, 'ALARM', 'alarm:zone:1')
    const recent: RecentEvent = {
      event_id: first.event_id,
      dedup_key: first.dedup_key,
      at: T0,
      priority: 'CRITICAL',
      test_mode: false,
      alarm_id: 'closed-one',
    }
    const bundler = createBundler({ alarms: [], recent: [recent], repeats: new Map(), newAlarmId: () => 'A9' })
    expect(bundler.decide(event(10, 'ALARM', 'alarm:zone:1'), site()).event).toMatchObject({
      kind: 'open',
      repeat_of: null,
    })
    expect(bundler.repeatsOf.size).toBe(0)
    expect(bundler.decide(event(30, 'ALARM', 'alarm:zone:1'), site()).event.kind).toBe('repeat')
  })

  it('raise an anomaly once an hour, past fifty', () => {
    const many = Array.from({ length: 2 * REPEATS_PER_HOUR + 10 }, (_, i) =>
      event(i / 2, 'ALARM', 'alarm:zone:1', { timestamp: iso(0) }),
    )
    const { decisions } = fold(many)
    const raised = decisions.flatMap((one, index) => (one.anomaly ? [index] : []))
    expect(raised).toEqual([REPEATS_PER_HOUR + 1])
  })
})

describe('back to normal', () => {
  it('is said when the last source is', () => {
    const { bundler, decisions, kinds } = fold([
      event(0, 'ALARM', 'alarm:zone:1'),
      event(1, 'ALARM', 'alarm:zone:2'),
      event(2, 'RESTORE', endKey('alarm:zone:1')),
      event(3, 'RESTORE', endKey('alarm:zone:2')),
    ])
    expect(kinds.slice(2)).toEqual(['attach:A1', 'attach:A1'])
    expect(decisions.flatMap((one) => one.transitions.map((step) => step.action))).toEqual(['open', 'normal'])
    expect(bundler.alarm('A1')).toMatchObject({ normal_since: iso(3), status: 'NEW', event_count: 2 })
  })

  it('ends with the next alarm', () => {
    const { bundler } = fold([
      event(0, 'COMM_LOSS', 'comm:panel'),
      event(1, 'COMM_RESTORED', endKey('comm:panel')),
      event(2, 'COMM_LOSS', 'comm:panel'),
    ])
    expect(bundler.alarm('A1')?.normal_since).toBe(null)
  })

  it('never comes for a signal without an end', () => {
    const { bundler } = fold([
      event(0, 'ALARM', 'memory:121:0:1:3'),
      event(1, 'ALARM', 'alarm:zone:1'),
      event(2, 'RESTORE', endKey('alarm:zone:1')),
    ])
    expect(bundler.alarm('A1')?.normal_since).toBe(null)
  })

  it('meets a temperature alarm by its sensor', () => {
    const sms = (seconds: number, type: EventType) =>
      event(seconds, type, '', { panel_id: null, signal: null, dedup_key: `sensor:48123|fridge|${type}` })
    const { bundler, kinds } = fold([sms(0, 'TEMP_ALARM'), sms(300, 'TEMP_NORMAL')])
    expect(kinds).toEqual(['open:A1', 'attach:A1'])
    expect(bundler.alarm('A1')).toMatchObject({ normal_since: iso(300), status: 'NEW', stream: 'temperature' })
  })
})

describe('events that open nothing', () => {
  it('go to the timeline of the alarm they concern', () => {
    const { kinds } = fold([
      event(0, 'DISARM', 'arm:partition:1', { partition_no: 1 }),
      event(1, 'ALARM', 'alarm:zone:1', { partition_no: 1 }),
      event(2, 'DISARM', 'arm:partition:1', { partition_no: 1 }),
      event(3, 'DISARM', 'arm:partition:2', { partition_no: 2 }),
      event(4, 'INFO', 'memory:406', { partition_no: 1 }),
      event(5, 'BYPASS', 'bypass:zone:1'),
      event(6, 'INFO', 'memory:1', { panel_id: 'P2' }),
      event(7, 'RESTORE', endKey('trouble:301:0')),
    ])
    expect(kinds).toEqual(['none:-', 'open:A1', 'attach:A1', 'none:-', 'attach:A1', 'attach:A1', 'none:-', 'none:-'])
  })

  it('change no count', () => {
    const { bundler } = fold([event(0, 'ALARM', 'alarm:zone:1'), event(2, 'INFO', 'memory:406')])
    expect(bundler.alarm('A1')).toMatchObject({ event_count: 1, version: 1 })
  })
})

interface Persisted {
  alarms: Map<string, BundledAlarm>
  recent: Map<string, RecentEvent>
  counters: ReadonlyMap<string, RepeatCounter>
}

/** What store does between batches: keep the alarms, and remember originals with the alarm they went to. */
function runBatches(batches: readonly (readonly { event: IncomingEvent; context: SiteContext }[])[]) {
  const kept: Persisted = { alarms: new Map(), recent: new Map(), counters: new Map() }
  const decisions: Decision[] = []
  for (const batch of batches) {
    const bundler = createBundler({
      alarms: [...kept.alarms.values()],
      recent: [...kept.recent.values()],
      repeats: kept.counters,
      newAlarmId: (one) => `A-${one.event_id}`,
    })
    for (const { event: one, context } of batch) {
      const decision = bundler.decide(one, context)
      decisions.push(decision)
      if (decision.event.repeat_of !== null) continue
      kept.recent.set(one.event_id, {
        event_id: one.event_id,
        dedup_key: one.dedup_key,
        at: Date.parse(one.timestamp),
        priority: decision.event.priority,
        test_mode: decision.event.test_mode,
        alarm_id: decision.event.alarm_id,
      })
    }
    for (const alarm of bundler.changedAlarms()) kept.alarms.set(alarm.id, alarm)
    kept.counters = new Map(bundler.repeatCounters)
  }
  return { decisions, alarms: [...kept.alarms.values()].sort((a, b) => (a.id < b.id ? -1 : 1)) }
}

const step = fc.record({
  gap: fc.constantFrom(0, 1, 7, 30, 61, 400, 1000),
  type: fc.constantFrom<EventType>(
    'ALARM',
    'ALARM',
    'TAMPER',
    'TROUBLE',
    'RESTORE',
    'ARM',
    'DISARM',
    'INFO',
    'UNAUTHORIZED_ACCESS',
    'COMM_LOSS',
    'COMM_RESTORED',
  ),
  zone: fc.integer({ min: 1, max: 3 }),
  site: fc.constantFrom('S1', 'S2'),
  test: fc.boolean(),
  retrigger: fc.boolean(),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

function scenario(steps: readonly Step[]) {
  let seconds = 0
  return steps.map((one) => {
    seconds += one.gap
    const begin = one.type === 'COMM_LOSS' || one.type === 'COMM_RESTORED' ? 'comm:panel' : `alarm:zone:${one.zone}`
    const ends = one.type === 'RESTORE' || one.type === 'COMM_RESTORED'
    const panel = `P-${one.site}`
    const key = ends ? endKey(begin) : begin
    return {
      event: event(seconds, one.type, key, { panel_id: panel, dedup_key: dedupKey(panel, key, one.type) }),
      context: site({
        site_id: one.site,
        test_mode: one.test && one.zone === 3,
        settings: { ...site().settings, retrigger: one.retrigger },
      }),
    }
  })
}

describe('whatever comes', () => {
  const parameters = { seed: 1_121, numRuns: 500 }

  it('a batch decides what its events would have decided one by one', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.array(fc.integer({ min: 1, max: 9 })), (steps, cuts) => {
        const all = scenario(steps)
        const whole = runBatches([all])
        expect(runBatches(all.map((one) => [one]))).toEqual(whole)
        const pieces: (typeof all)[] = []
        for (let at = 0, cut = 0; at < all.length; cut++) {
          const size = cuts[cut % Math.max(1, cuts.length)] ?? 3
          pieces.push(all.slice(at, at + size))
          at += size
        }
        expect(runBatches(pieces)).toEqual(whole)
      }),
      parameters,
    )
  })

  it('every alarm-class event is counted exactly once, and nothing else is', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const all = scenario(steps)
        const { decisions, alarms } = runBatches([all])
        const counted = alarms.reduce((sum, alarm) => sum + alarm.event_count + alarm.repeat_count, 0)
        expect(counted).toBe(all.filter((one) => opensAlarm(one.event.event_type)).length)
        for (const alarm of alarms) {
          const own = decisions.filter((one) => one.event.alarm_id === alarm.id)
          expect(alarm.event_count).toBe(own.filter((one) => ['open', 'join'].includes(one.event.kind)).length)
          expect(alarm.repeat_count).toBe(own.filter((one) => one.event.kind === 'repeat').length)
          for (const one of own) {
            expect([one.event.site_id, one.event.test_mode]).toEqual([alarm.site_id, alarm.test_mode])
            if (one.event.kind !== 'attach') {
              expect([one.event.priority, one.event.stream]).toEqual([alarm.priority, alarm.stream])
            }
          }
        }
      }),
      parameters,
    )
  })

  it('an alarm that is resolved or closed between batches gets nothing more', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 2, maxLength: 30 }), fc.nat(), (steps, at) => {
        const all = scenario(steps)
        const cut = at % all.length
        const before = runBatches([all.slice(0, cut)])
        const done = before.alarms.map((alarm) => ({ ...alarm, status: 'RESOLVED' as const }))
        const recent = before.decisions.flatMap((one, index) =>
          one.event.repeat_of === null
            ? [
                {
                  event_id: one.event.event_id,
                  dedup_key: all[index]?.event.dedup_key ?? '',
                  at: Date.parse(all[index]?.event.timestamp ?? ''),
                  priority: one.event.priority,
                  test_mode: one.event.test_mode,
                  alarm_id: one.event.alarm_id,
                },
              ]
            : [],
        )
        const bundler = createBundler({
          alarms: done,
          recent,
          repeats: new Map(),
          newAlarmId: (one) => `B-${one.event_id}`,
        })
        for (const one of all.slice(cut)) {
          const decision = bundler.decide(one.event, one.context)
          expect(done.map((alarm) => alarm.id)).not.toContain(decision.event.alarm_id)
        }
        for (const alarm of bundler.changedAlarms()) expect(joinableStatuses).toContain(alarm.status)
      }),
      parameters,
    )
  })
})
