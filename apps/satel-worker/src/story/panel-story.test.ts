import type { PanelEvent } from '@stam/contracts'
import { PanelEvent as PanelEventSchema } from '@stam/contracts'
import { encodeTroubles, numbersToBits, type StateName } from '@stam/integra'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FACTS, LIMITS, ModelPanel } from '../../test/model-panel.ts'
import { believedActive, type Knowledge, type RecordedKnowledge, startKnowledge } from './knowledge.ts'
import type { PanelFacts } from './panel-facts.ts'
import { type StoryInput, stepStory } from './panel-story.ts'
import { eventId } from './story-draft.ts'

const T0 = Date.parse('2026-11-21T12:00:30.000Z')
const NOTHING: RecordedKnowledge = { signals: [], memoryKeys: [], snapshot: null }

/** A story told step by step, with everything it said so far. */
class Telling {
  knowledge: Knowledge
  readonly events: PanelEvent[] = []
  facts: PanelFacts
  constructor(recorded: RecordedKnowledge = NOTHING, epoch = 1, at = T0, facts: PanelFacts = FACTS) {
    this.knowledge = startKnowledge(recorded, epoch, at)
    this.facts = facts
  }
  step(...inputs: StoryInput[]): PanelEvent[] {
    const said: PanelEvent[] = []
    for (const input of inputs) {
      const step = stepStory(this.knowledge, input, this.facts, LIMITS)
      this.knowledge = step.knowledge
      said.push(...step.events)
    }
    this.events.push(...said)
    return said
  }
}

const bits = (name: StateName, numbers: number[], at: number, previous?: number[]): StoryInput => ({
  type: 'bits',
  name,
  bits: numbersToBits(numbers, name.startsWith('zones') ? 16 : 4),
  previous: previous && numbersToBits(previous, name.startsWith('zones') ? 16 : 4),
  at,
})
const ready = (at: number): StoryInput => ({ type: 'ready', at })
const away = (at: number, busy = false): StoryInput => ({ type: 'away', at, busy })
const tick = (at: number): StoryInput => ({ type: 'tick', at })
const memory = (panel: ModelPanel, telling: Telling, at: number, startedAt = at): StoryInput => ({
  type: 'memory',
  ...panel.read(telling.knowledge.memory.keys),
  startedAt,
  at,
})
const short = (events: readonly PanelEvent[]) =>
  events.map(({ source, event_type, signal }) => `${source} ${event_type} ${signal?.key}#${signal?.ordinal}`)

describe('bits and memory', () => {
  it('tell one alarm once, whoever comes first', () => {
    for (const order of ['bits', 'memory'] as const) {
      const panel = new ModelPanel()
      const telling = new Telling()
      telling.step(bits('zonesAlarm', [], T0), ready(T0))
      panel.fire(3, T0)
      const look = () => telling.step(bits('zonesAlarm', [3], T0 + 100))
      const read = () => telling.step(memory(panel, telling, T0 + 200))
      const [first, second] = order === 'bits' ? [look(), read()] : [read(), look()]
      expect(first).toHaveLength(1)
      expect(first[0]?.event_id).toBe(eventId(FACTS.panelId, 'alarm:zone:3', 1))
      expect(second.map((event) => event.event_id)).toEqual(order === 'bits' ? [first[0]?.event_id] : [])
    }
  })

  it('an alarm told by its bit carries what the zone is called and does', () => {
    const names = {
      ...FACTS.names,
      zones: new Map([[3, { name: 'Czujka dymu', reaction: 33, partition: 2 }]]),
    }
    const telling = new Telling(NOTHING, 1, T0, { ...FACTS, names })
    const [event] = telling.step(ready(T0), bits('zonesAlarm', [3], T0))
    expect(event).toMatchObject({
      event_type: 'ALARM',
      event_code: 111,
      description: { pl: expect.stringMatching(/poż|dym/i) },
      object_name: 'Czujka dymu',
      partition_no: 2,
      timestamp: '2026-11-21T12:00:30.000Z',
    })
    const [tamper] = telling.step(bits('zonesTamperAlarm', [3], T0))
    expect(tamper).toMatchObject({ event_type: 'TAMPER', event_code: 373 })
  })

  it('an alarm the panel writes no record of awaits none for ever, and says so', () => {
    const panel = new ModelPanel()
    const telling = new Telling()
    telling.step(bits('zonesAlarm', [], T0), ready(T0), bits('zonesAlarm', [4], T0 + 100))
    expect(telling.step(memory(panel, telling, T0 + 1000))).toEqual([])
    const settled = telling.step(memory(panel, telling, T0 + 6000))
    expect(settled).toMatchObject([
      { event_id: eventId(FACTS.panelId, 'alarm:zone:4', 1), signal: { ordinal: 1, seen_by_memory: 1 } },
    ])
    panel.fire(4, T0 + 7000, false)
    expect(short(telling.step(memory(panel, telling, T0 + 7000)))).toEqual(['MEMORY ALARM alarm:zone:4#2'])
  })

  it('a bit that comes long after its record is a new alarm; one that was not looked at is not', () => {
    const panel = new ModelPanel()
    for (const [wait, isAway, count] of [
      [10_000, false, 0],
      [20_000, false, 1],
      [20_000, true, 0],
    ] as const) {
      const telling = new Telling()
      telling.step(bits('zonesAlarm', [], T0), ready(T0))
      panel.records = []
      panel.fire(5, T0)
      telling.step(memory(panel, telling, T0))
      if (isAway) telling.step(away(T0 + 100))
      expect(telling.step(bits('zonesAlarm', [5], T0 + wait))).toHaveLength(count)
    }
  })

  it('records carry the cursor that lies behind them', () => {
    const panel = new ModelPanel()
    const telling = new Telling()
    for (let zone = 1; zone <= 15; zone++) panel.fire(zone, T0)
    const events = telling.step(ready(T0), memory(panel, telling, T0))
    expect(events.map((event) => event.memory_cursor?.last.index)).toEqual(panel.records.map((record) => record.index))
    expect(events.map((event) => event.memory_cursor?.recent.length)).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 11, 11, 11,
    ])
  })
})

describe('times', () => {
  it('within its minute a record happened when it was read; later it stays at the start of its minute', () => {
    const panel = new ModelPanel()
    const telling = new Telling()
    panel.write({ code: 602, partition: 1, source: 0 }, T0)
    const [soon] = telling.step(ready(T0), memory(panel, telling, T0 + 5_000))
    expect(soon?.timestamp).toBe('2026-11-21T12:00:35.000Z')
    panel.write({ code: 602, partition: 1, source: 0 }, T0)
    const [late] = telling.step(memory(panel, telling, T0 + 600_000))
    expect(late?.timestamp).toBe('2026-11-21T12:00:00.000Z')
  })

  it('are late only when the panel or we were away', () => {
    const panel = new ModelPanel()
    const telling = new Telling()
    telling.step(ready(T0))
    panel.write({ code: 602, partition: 1, source: 0 }, T0 - 3_600_000)
    expect(telling.step(memory(panel, telling, T0))[0]?.late).toBe(true)
    panel.write({ code: 602, partition: 1, source: 0 }, T0)
    expect(telling.step(memory(panel, telling, T0 + 600_000))[0]?.late).toBe(false)
    telling.step(away(T0 + 700_000), ready(T0 + 800_000))
    panel.write({ code: 602, partition: 1, source: 0 }, T0 + 720_000)
    expect(telling.step(memory(panel, telling, T0 + 801_000))[0]?.late).toBe(true)
  })

  it('have the error of the panel’s clock taken out', () => {
    const panel = new ModelPanel()
    const telling = new Telling()
    const ahead = 7_200_000
    telling.step(
      ready(T0),
      { type: 'clock', driftMs: ahead, at: T0 },
      { type: 'clock', driftMs: ahead, at: T0 + 10_000 },
    )
    panel.write({ code: 602, partition: 1, source: 0 }, T0 + ahead)
    expect(telling.step(memory(panel, telling, T0 + 11_000)).at(-1)?.timestamp).toBe('2026-11-21T12:00:41.000Z')
  })

  it('a clock at the edge of the limit does not flutter', () => {
    const telling = new Telling()
    const drifts = [31, 29, 31, 31, 29, 31, 25, 31, 19, 19, 31, 31]
    const said = drifts.map((seconds, i) =>
      short(telling.step({ type: 'clock', driftMs: seconds * 1000, at: T0 + i * 10_000 })).map(
        (text) => text.split(' ')[1],
      ),
    )
    expect(said.flat()).toEqual(['TROUBLE', 'RESTORE', 'TROUBLE'])
    expect(said[3]).toEqual(['TROUBLE'])
  })
})

describe('contact', () => {
  it('is lost after five minutes, once, and restored', () => {
    const telling = new Telling()
    telling.step(ready(T0))
    telling.step(away(T0 + 1000), tick(T0 + 100_000), away(T0 + 200_000), tick(T0 + 300_999))
    expect(telling.events).toEqual([])
    expect(short(telling.step(tick(T0 + 301_000), tick(T0 + 400_000)))).toEqual(['WORKER COMM_LOSS comm:panel#1000001'])
    expect(short(telling.step(ready(T0 + 500_000)))).toEqual(['WORKER COMM_RESTORED comm:panel:end#1000001'])
    expect(short(telling.step(away(T0 + 600_000), tick(T0 + 900_000)))).toEqual(['WORKER COMM_LOSS comm:panel#1000002'])
  })

  it('is not missed while the panel is handed over', () => {
    const telling = new Telling()
    telling.step(ready(T0), { type: 'released', released: true, at: T0 }, away(T0), tick(T0 + 3_600_000))
    telling.step({ type: 'released', released: false, at: T0 + 3_600_000 }, tick(T0 + 3_899_000))
    expect(telling.events).toEqual([])
    expect(telling.step(tick(T0 + 3_900_000))).toHaveLength(1)
  })

  it('that was lost before a restart is restored after it, and told under a number of its own', () => {
    const before = new Telling()
    before.step(tick(T0 + 300_000))
    const lost = before.events[0]?.signal
    const signals = [
      { ...lost, signal: lost?.key ?? '', epoch: 1, panel_seq: 1 } as RecordedKnowledge['signals'][number],
    ]
    const after = new Telling({ ...NOTHING, signals }, 2)
    expect(short(after.step(tick(T0 + 900_000), ready(T0 + 900_000)))).toEqual([
      'WORKER COMM_RESTORED comm:panel:end#2000001',
    ])
    const unaware = new Telling(NOTHING, 2)
    expect(short(unaware.step(tick(T0 + 900_000)))).toEqual(['WORKER COMM_LOSS comm:panel#2000001'])
  })
})

describe('a successor', () => {
  const alarm = {
    signal: 'alarm:zone:1',
    ordinal: 4,
    seen_by_state: 4,
    seen_by_memory: 4,
    active: true,
    epoch: 1,
    panel_seq: 9,
  }

  it('does not raise again what is recorded as active', () => {
    const telling = new Telling({ ...NOTHING, signals: [alarm] }, 2)
    expect(telling.step(bits('zonesAlarm', [1, 2], T0)).map((event) => event.zone_no)).toEqual([2])
  })

  it('believes a newer snapshot that the alarm was over', () => {
    const snapshot = { epoch: 1, panel_seq: 9, active: [], lastContact: T0 }
    const telling = new Telling({ ...NOTHING, signals: [alarm], snapshot }, 2)
    expect(short(telling.step(bits('zonesAlarm', [1], T0)))).toEqual(['STATE ALARM alarm:zone:1#5'])
  })

  it('but not an older one', () => {
    const snapshot = { epoch: 1, panel_seq: 8, active: [], lastContact: T0 }
    const telling = new Telling({ ...NOTHING, signals: [alarm], snapshot }, 2)
    expect(telling.step(bits('zonesAlarm', [1], T0))).toEqual([])
  })

  it('is told of alarms whose bit was still to come', () => {
    const panel = new ModelPanel()
    const telling = new Telling()
    telling.step(bits('zonesAlarm', [7], T0), ready(T0))
    panel.fire(8, T0, false)
    telling.step(memory(panel, telling, T0))
    expect(believedActive(telling.knowledge).sort()).toEqual(['alarm:zone:7', 'alarm:zone:8'])
  })
})

describe('while the memory cannot be read', () => {
  const start = () => {
    const telling = new Telling()
    telling.step(bits('zonesAlarm', [], T0), ready(T0), { type: 'memory-unreadable', at: T0 })
    return telling
  }

  it('states tell of arming, bypasses and troubles', () => {
    const telling = start()
    telling.step(
      bits('partitionsArmed', [2], T0 + 1, []),
      bits('partitionsArmed', [], T0 + 2, [2]),
      bits('zonesBypassed', [5], T0 + 3, []),
    )
    const trouble = { name: 'acLoss', source: 'panel', number: 0, memory: false } as const
    const on = encodeTroubles('troubles1', [trouble])
    const off = encodeTroubles('troubles1', [])
    telling.step(
      { type: 'bits', name: 'troubles1', bits: on, previous: off, at: T0 + 4 },
      { type: 'bits', name: 'troubles1', bits: off, previous: on, at: T0 + 5 },
    )
    expect(short(telling.events)).toEqual([
      'STATE ARM arm:partition:2#1000001',
      'STATE DISARM disarm:partition:2#1000001',
      'STATE BYPASS bypass:zone:5#1000001',
      'STATE TROUBLE trouble:301:0#1000001',
      'STATE RESTORE trouble:301:0:end#1000001',
    ])
  })

  it('what states told is not told again when the memory can be read', () => {
    const telling = start()
    const panel = new ModelPanel()
    telling.step(bits('partitionsArmed', [1], T0 + 1, []), bits('zonesAlarm', [3], T0 + 2))
    panel.write({ code: 401, restore: true, partition: 1, source: 5 }, T0 + 1)
    panel.fire(3, T0 + 2)
    panel.write({ code: 406, partition: 1, source: 5 }, T0 + 3)
    const told = new Set(telling.events.map((event) => event.event_id))
    const again = telling.step(memory(panel, telling, T0 + 10_000))
    expect(again.map((event) => told.has(event.event_id))).toEqual([true, true, false])
  })

  it('a partition in alarm without a zone is an alarm of its own', () => {
    const telling = start()
    telling.step(bits('partitionsAlarm', [1], T0, []), tick(T0 + 1000))
    expect(telling.events).toEqual([])
    expect(short(telling.step(tick(T0 + 3000), tick(T0 + 9000)))).toEqual(['STATE ALARM partition-alarm:1#1000001'])
    telling.step(bits('partitionsFireAlarm', [2], T0 + 10_000, []), bits('zonesAlarm', [9], T0 + 10_100))
    expect(short(telling.step(tick(T0 + 14_000)))).toEqual([])
  })

  it('the first reading of a state is no change', () => {
    expect(start().step(bits('partitionsArmed', [1, 2, 3], T0))).toEqual([])
  })
})

const names: StateName[] = [
  'zonesAlarm',
  'zonesTamperAlarm',
  'partitionsArmed',
  'partitionsAlarm',
  'zonesBypassed',
  'troubles1',
  'troubles8',
]
const anyBytes = fc.uint8Array({ maxLength: 70 })
const anyInput: fc.Arbitrary<(at: number) => StoryInput> = fc.oneof(
  fc.tuple(fc.constantFrom(...names), anyBytes, fc.option(anyBytes, { nil: undefined })).map(
    ([name, now, previous]) =>
      (at: number): StoryInput => ({ type: 'bits', name, bits: now, previous, at }),
  ),
  fc
    .tuple(
      fc.array(fc.uint8Array({ minLength: 8, maxLength: 8 }), { maxLength: 4 }),
      fc.constantFrom('complete', 'gap', 'start'),
    )
    .map(([records, coverage]) => (at: number): StoryInput => {
      const panel = new ModelPanel()
      for (const bytes of records) panel.writeBytes(bytes, at)
      return { type: 'memory', entries: panel.records, coverage, startedAt: at, at }
    }),
  fc.constantFrom<(at: number) => StoryInput>(
    ready,
    away,
    tick,
    (at) => ({ type: 'memory-unreadable', at }),
    (at) => ({ type: 'memory-start', keys: [], at }),
    (at) => ({ type: 'released', released: true, at }),
    (at) => ({ type: 'released', released: false, at }),
    (at) => ({ type: 'clock', driftMs: 40_000, at }),
    (at) => ({ type: 'clock', driftMs: undefined, at }),
  ),
)

describe('whatever comes', () => {
  it('no input of any kind in any order breaks the story, and every event is one that may be sent', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyInput, fc.nat(400_000)), { maxLength: 30 }), (inputs) => {
        const telling = new Telling()
        let at = T0
        for (const [make, wait] of inputs) {
          at += wait
          telling.step(make(at))
        }
        for (const [index, event] of telling.events.entries()) {
          expect(PanelEventSchema.safeParse(event).error).toBe(undefined)
          expect(event.panel_seq).toBe(index + 1)
          expect(event.signal?.seen_by_memory).toBeLessThanOrEqual(event.signal?.ordinal ?? 0)
          expect(event.signal?.seen_by_state).toBeLessThanOrEqual(event.signal?.ordinal ?? 0)
        }
      }),
      { numRuns: 1000, seed: 7 },
    )
  })
})
