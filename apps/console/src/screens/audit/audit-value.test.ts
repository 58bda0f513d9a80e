import { expect, test } from 'vitest'
import { fieldWords, valueText } from './audit-value.ts'

const now = Date.UTC(2026, 10, 21, 20, 4, 37)

test.each([
  ['role', 'OPERATOR', 'Operator', 'Operator'],
  ['role', 'MASTER', 'Właściciel', 'Owner'],
  ['status', 'ACK', 'Potwierdzony', 'Acknowledged'],
  ['status', 'active', 'active', 'active'],
  ['kind', 'PANEL_SERVICE_CODE', 'Kod serwisowy', 'Service code'],
  ['kind', 'COMM_LOSS', 'COMM_LOSS', 'COMM_LOSS'],
  ['class', 'HIGHEST', 'najwyższa', 'highest'],
  ['active', false, 'nie', 'no'],
  ['locked_until', null, 'brak', 'none'],
  ['site_ids', [], 'brak', 'none'],
  ['site_ids', ['a', 'b'], 'a, b', 'a, b'],
  ['locked_until', '2026-11-21T20:30:00.000Z', '21:30:00', '21:30:00'],
  ['until', '2026-11-20T20:30:00Z', '20.11.2026 21:30:00', '20 Nov 2026 21:30:00'],
  ['priority_overrides.ALARM', 'WARNING', 'Ostrzeżenie', 'Warning'],
  ['priority_overrides', {}, 'brak', 'none'],
  ['settings.window', 90, '90', '90'],
])('%s %o', (path, value, pl, en) => {
  expect([valueText(path, value, now, 'pl'), valueText(path, value, now, 'en')]).toEqual([pl, en])
})

test('a field is named by the whole way to it, places counted from one', () => {
  expect(fieldWords('contacts.0.phone', 'pl')).toBe('Kontakty 1 · Telefon')
  expect(fieldWords('role', 'en')).toBe('Role')
  expect(fieldWords('priority_overrides.TAMPER', 'en')).toBe('Own priorities · Tamper')
  expect(fieldWords('something_new', 'en')).toBe('something new')
})
