/** The books themselves: a drill proves nothing if they would balance whatever happens. */
import { describe, expect, test } from 'vitest'
import { type Account, type LedgerEntry, type StoredEvent, weigh } from './books.ts'

const PANELS = ['one', 'two']
const ZONES = [1, 2]
const SIGNALS = 3

/** Two panels, two zones each, three signals of each zone in turn: all recorded in order, under one alarm a panel, and shown. */
function whole(): Account {
  const ledger: LedgerEntry[] = []
  const events: StoredEvent[] = []
  for (let n = 0; n < SIGNALS; n++)
    for (const zone of ZONES)
      for (const panel of PANELS) {
        const panel_seq = n * ZONES.length + zone
        const token = panel_seq.toString(16).padStart(6, '0')
        ledger.push({ seq: ledger.length + 1, panel, token, zone, raisesAlarm: true })
        events.push({
          panel_id: `id-${panel}`,
          token,
          epoch: 1,
          panel_seq,
          alarm_id: `alarm-${panel}`,
          recorded_ms: 1_000 + panel_seq,
        })
      }
  return {
    ledger,
    events,
    panelIds: new Map(PANELS.map((panel) => [panel, `id-${panel}`])),
    onlyBits: 0,
    told: new Map(PANELS.map((panel) => [`alarm-${panel}`, SIGNALS * ZONES.length])),
    open: ledger.length,
    screens: [
      { shown: ledger.length, outOfOrder: 0 },
      { shown: ledger.length, outOfOrder: 0 },
    ],
  }
}

/** The same with one event changed; `nth` counts those of panel one. */
function changed(nth: number, change: (event: StoredEvent) => StoredEvent[]): Account {
  const account = whole()
  const event = account.events.filter(({ panel_id }) => panel_id === 'id-one')[nth] as StoredEvent
  return { ...account, events: account.events.flatMap((each) => (each === event ? change(event) : [each])) }
}

/** Two deliveries of panel one that changed places; `what` is what they exchange. */
function swapped(first: number, second: number, what: 'panel_seq' | 'recorded_ms'): Account {
  const account = whole()
  const mine = account.events.filter(({ panel_id }) => panel_id === 'id-one')
  const [a, b] = [mine[first] as StoredEvent, mine[second] as StoredEvent]
  const value = (each: StoredEvent): number => (each === a ? b[what] : each === b ? a[what] : each[what])
  return { ...account, events: account.events.map((each) => ({ ...each, [what]: value(each) })) }
}

const screens = (shown: number, outOfOrder = 0): Account['screens'] => [
  { shown: 12, outOfOrder: 0 },
  { shown, outOfOrder },
]

test('what happened, was recorded and is shown balances', () => {
  expect(weigh(whole())).toEqual({
    emitted: 12,
    stored: 12,
    shown: 12,
    lost: 0,
    doubled: 0,
    misordered: 0,
    explanation: [],
  })
})

describe('each fault is seen, and as what it is', () => {
  const told = (count: number): Account => ({ ...whole(), told: new Map(whole().told).set('alarm-one', count) })
  const faults: Record<string, [account: Account, seen: Partial<Record<'lost' | 'doubled' | 'misordered', number>>]> = {
    'a signal without an event, which its alarm does not count either': [
      { ...changed(2, () => []), told: told(5).told },
      { lost: 1 },
    ],
    'a signal recorded twice, which its alarm counts once': [
      changed(2, (event) => [event, { ...event, panel_seq: 99, recorded_ms: 9_000 }]),
      { doubled: 1, lost: 1 },
    ],
    'a signal recorded and counted twice': [
      { ...changed(2, (event) => [event, { ...event, panel_seq: 99, recorded_ms: 9_000 }]), told: told(7).told },
      { doubled: 1 },
    ],
    'a signal recorded as another one of the same panel': [
      changed(2, (event) => [{ ...event, token: '000001' }]),
      { lost: 1, doubled: 1 },
    ],
    'a signal of one panel recorded for the other': [
      changed(2, (event) => [{ ...event, panel_id: 'id-two' }]),
      { lost: 1, doubled: 1 },
    ],
    'an event of a signal that nobody emitted': [
      changed(5, (event) => [event, { ...event, token: 'ffffff', panel_seq: 99, recorded_ms: 9_000 }]),
      { doubled: 1 },
    ],
    'a signal that raises an alarm recorded without one': [
      { ...changed(2, (event) => [{ ...event, alarm_id: null }]), told: told(5).told },
      { lost: 1 },
    ],
    'an alarm that counts fewer than it has': [told(5), { lost: 1 }],
    'an alarm that counts more than it has': [told(8), { doubled: 2 }],
    'a signal told by bits that the memory does not know': [{ ...whole(), onlyBits: 1 }, { doubled: 1 }],
    'a screen that shows too little': [{ ...whole(), screens: screens(11) }, { lost: 1 }],
    'a screen that shows too much': [{ ...whole(), screens: screens(14) }, { doubled: 2 }],
    'two signals of one zone told in the wrong order': [swapped(0, 2, 'panel_seq'), { misordered: 3 }],
    'a zone told by a new owner before what the former one told of it': [
      changed(0, (event) => [{ ...event, epoch: 2 }]),
      { misordered: 2 },
    ],
    'two deliveries of one panel recorded in the wrong order': [swapped(2, 3, 'recorded_ms'), { misordered: 1 }],
    'the first delivery of a panel recorded last': [swapped(0, 5, 'recorded_ms'), { misordered: 5 }],
  }
  test.each(Object.entries(faults))('%s', (_, [account, seen]) => {
    const { lost, doubled, misordered, explanation } = weigh(account)
    expect({ lost, doubled, misordered }).toEqual({ lost: 0, doubled: 0, misordered: 0, ...seen })
    expect(explanation.length, 'somebody has to find it').toBeGreaterThan(0)
  })
})

test('what no order is promised of is no fault', () => {
  // Two zones in one frame, events of one transaction, a late one of a former owner after those of the next.
  const together = changed(3, (event) => [{ ...event, recorded_ms: 1_003 }])
  const zones = swapped(2, 3, 'panel_seq')
  const apart = { ...zones, events: zones.events.map((event) => ({ ...event, recorded_ms: 1_000 })) }
  const former = changed(5, (event) => [{ ...event, epoch: 2, recorded_ms: 500 }])
  for (const account of [together, apart, former]) expect(weigh(account).misordered).toBe(0)
})
