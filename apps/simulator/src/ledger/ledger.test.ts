import { expect, test } from 'vitest'
import { Ledger } from './ledger.ts'

/** Code 130 of zone 5 in partition 1, R as told. */
const item = (ordinal: number, panelIndex = 0, restore = false) => ({
  panelIndex,
  ordinal,
  atMs: 1_000 + ordinal,
  localOffsetMs: 7_200_000,
  token: ordinal * 12,
  record: Uint8Array.of(0xbf, 0x17, 0x41, 0xf8, restore ? 0x04 : 0x00, 130, 5, 0),
})

test('numbers have no gaps, the latest entries are kept, counts go on over all', () => {
  const ledger = new Ledger((index) => ({ id: `p${index}`, type: undefined }), 8_192)
  for (let i = 0; i < 20_000; i++) expect(ledger.append(item(i, i % 3, i % 2 === 1))).toBe(i + 1)
  expect(ledger.nextSeq).toBe(20_001)
  expect(ledger.kept).toBeGreaterThanOrEqual(8_192 - 4_096)
  expect(ledger.kept).toBeLessThanOrEqual(8_192 + 4_096)
  expect(ledger.entry(ledger.firstSeq - 1)).toBeUndefined()
  expect(ledger.entry(ledger.firstSeq)?.seq).toBe(ledger.firstSeq)
  const counted = ledger.countedPanels().flatMap((index) => [...ledger.counts(index).values()])
  expect(counted.reduce((sum, count) => sum + count, 0)).toBe(20_000)
})

test('paging walks over everything kept, once, also where a page finds nothing', () => {
  const ledger = new Ledger((index) => ({ id: `p${index}`, type: undefined }))
  for (let i = 0; i < 1_000; i++) ledger.append(item(i, i < 900 ? 0 : 1))
  const seen: number[] = []
  let since = 0
  for (let calls = 0; calls < 100 && since < 1_000; calls++) {
    const page = ledger.page(since, 7, 1, 50)
    seen.push(...page.entries.map(({ seq }) => seq))
    expect(page.next).toBeGreaterThan(since)
    since = page.next
  }
  expect(seen).toEqual(Array.from({ length: 100 }, (_, i) => 901 + i))
  expect(ledger.page(1_000, 10)).toEqual({ entries: [], next: 1_000 })
})

test('an entry tells the record in words', () => {
  const ledger = new Ledger(() => ({ id: 'shop', type: undefined }))
  ledger.append({ ...item(3, 0, true), atMs: Date.UTC(2026, 3, 23, 6, 24, 30) })
  expect(ledger.entry(1)).toEqual({
    seq: 1,
    panel: 'shop',
    code: 130,
    restore: true,
    class: 'RESTORE',
    raisesAlarm: false,
    partition: 1,
    zone: 5,
    user: null,
    source: 5,
    panelTime: '2026-04-23T08:24',
    at: '2026-04-23T06:24:30.000Z',
    token: '000024',
    record: 'bf1741f804820500',
  })
})
