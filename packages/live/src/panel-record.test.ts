import { PanelBits, PanelConnection, type PanelLive } from '@stam/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromRecord, remainingMs, toRecord } from './panel-record.ts'

const ID = '0191f0a0-0000-7000-8000-000000000001'
const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 256 }), { maxLength: 20 })
const text = fc.record({ pl: fc.string(), en: fc.string() })
const instant = fc
  .date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString())
const names = Object.keys(PanelBits.shape) as (keyof PanelBits)[]
const bits = fc.record(Object.fromEntries(names.map((name) => [name, numbers]))) as fc.Arbitrary<PanelBits>
const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null })

const panel: fc.Arbitrary<PanelLive> = fc.record({
  panel_id: fc.constant(ID),
  epoch: fc.nat(),
  version: fc.nat(),
  connection: fc.constantFrom(...PanelConnection.options),
  connection_detail: orNull(text),
  connection_since: orNull(instant),
  worker_id: orNull(fc.string()),
  last_contact_at: orNull(instant),
  updated_at: orNull(instant),
  identity: orNull(
    fc.record({
      model: fc.string(),
      firmware: fc.string(),
      module_version: orNull(fc.string()),
      encrypted: fc.boolean(),
      push: fc.boolean(),
    }),
  ),
  clock_drift_ms: orNull(fc.integer()),
  service_mode: orNull(fc.boolean()),
  bits: orNull(bits),
  troubles: orNull(fc.array(fc.record({ key: fc.string(), text, object: orNull(fc.string()) }), { maxLength: 5 })),
})

describe('a panel as hashes', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(panel, (before) => {
        expect(fromRecord(ID, toRecord(before))).toEqual(before)
      }),
    )
  })

  it('is UNKNOWN in the parts that are gone, and in those that make no sense', () => {
    fc.assert(
      fc.property(panel, fc.string(), (before, garbage) => {
        const record = toRecord(before)
        for (const part of ['zones', 'partitions', 'outputs'] as const) {
          expect(fromRecord(ID, { ...record, [part]: null }).bits).toBeNull()
          expect(fromRecord(ID, { ...record, [part]: { garbage } }).bits).toBeNull()
        }
        expect(fromRecord(ID, { ...record, troubles: null }).troubles).toBeNull()
        expect(fromRecord(ID, { ...record, troubles: { count: '1', '0': garbage } }).troubles).toBeNull()
        expect(fromRecord(ID, { ...record, connection: null }).connection).toBe('UNKNOWN')
        expect(fromRecord(ID, { ...record, connection: `x${garbage}` }).connection).toBe('UNKNOWN')
      }),
    )
  })

  it('knows nothing of a panel of which there is nothing', () => {
    const nothing = {
      meta: {},
      connection: null,
      lastPoll: null,
      zones: null,
      partitions: null,
      outputs: null,
      troubles: null,
    }
    const { panel_id, epoch, version, connection, ...rest } = fromRecord(ID, nothing)
    expect({ panel_id, epoch, version, connection }).toEqual({
      panel_id: ID,
      epoch: 0,
      version: 0,
      connection: 'UNKNOWN',
    })
    expect(Object.values(rest)).toEqual(Object.values(rest).map(() => null))
  })
})

describe('remainingMs', () => {
  const now = Date.parse('2026-01-01T12:00:00.000Z')
  it.each([
    ['2026-01-01T12:00:00.000Z', 300_000],
    ['2026-01-01T11:56:00.000Z', 60_000],
    ['2026-01-01T11:55:00.000Z', 0],
    ['2025-01-01T00:00:00.000Z', 0],
    ['2026-01-01T12:00:09.000Z', 300_000], // a clock that is ahead gives nobody a longer life
    [null, 0],
  ])('contact at %s leaves %i ms', (contact, left) => {
    expect(remainingMs(contact, now, 300_000)).toBe(left)
  })
})
