import type { PanelLive } from '@stam/contracts'
import { expect, test } from 'vitest'
import { ageOf, staleAfterMs, trustOf } from './trust.ts'

const now = Date.UTC(2026, 10, 21, 20)
const ago = (ms: number): string => new Date(now - ms).toISOString()
const live = (change: Partial<PanelLive> = {}) => ({
  bits: {} as PanelLive['bits'],
  connection: 'CONNECTED' as const,
  updated_at: ago(500),
  last_contact_at: ago(500),
  ...change,
})

test('fresh means connected, heard lately, over a live stream', () => {
  expect(trustOf(live(), true, now)).toBe('fresh')
  expect(trustOf(live(), false, now)).toBe('old')
  expect(trustOf(live({ connection: 'RECONNECTING' }), true, now)).toBe('old')
  expect(trustOf(live({ updated_at: ago(staleAfterMs + 1), last_contact_at: null }), true, now)).toBe('old')
})

test('unknown is never fine', () => {
  expect(trustOf(null, true, now)).toBe('unknown')
  expect(trustOf(live({ bits: null }), true, now)).toBe('unknown')
  expect(trustOf(live({ updated_at: null, last_contact_at: null }), true, now)).toBe('old')
})

test('the age counts from the last sign of life', () => {
  expect(ageOf({ updated_at: ago(9_000), last_contact_at: ago(2_000) }, now)).toBe(2_000)
  expect(ageOf({ updated_at: null, last_contact_at: null }, now)).toBeNull()
})
