import { CreatePanelRequest, type Panel, UpdatePanelRequest } from '@stam/contracts'
import { expect, test } from 'vitest'
import {
  createRequest,
  emptyPanel,
  formOf,
  isKey,
  isTimeZone,
  portOf,
  tryRequest,
  updateRequest,
} from './panel-form.ts'

const panel = {
  id: '0192f3a4-0000-7000-8000-000000000001',
  version: 4,
  name: 'INTEGRA 64',
  host: '10.20.0.7',
  port: 10_004,
  enabled: false,
  time_zone: 'Europe/Warsaw',
  has_integration_key: true,
} as Panel

test('a new panel is what the contract asks for; a key is sent only when one was typed', () => {
  const form = { ...emptyPanel, name: ' INTEGRA ', host: ' 10.0.0.5 ', port: ' 7094 ' }
  const siteId = '0192f3a4-0000-7000-8000-000000000002'
  expect(createRequest(form, siteId)).toEqual({
    site_id: siteId,
    name: 'INTEGRA',
    host: '10.0.0.5',
    port: 7094,
    enabled: true,
    time_zone: 'Europe/Warsaw',
  })
  const keyed = createRequest({ ...form, key_choice: 'set', key: 'INTEGRAKEY12' }, siteId)
  expect(CreatePanelRequest.parse(keyed).integration_key).toBe('INTEGRAKEY12')
})

test('an edit keeps the key it cannot show, replaces it with a typed one, or removes it', () => {
  const form = formOf(panel)
  expect(form).toMatchObject({ key_choice: 'keep', key: '', use: 'off', port: '10004' })
  expect('integration_key' in updateRequest(form, 4)).toBe(false)
  expect(updateRequest({ ...form, key_choice: 'set', key: 'abc' }, 4).integration_key).toBe('abc')
  expect(UpdatePanelRequest.parse(updateRequest({ ...form, key_choice: 'none', key: 'abc' }, 4))).toMatchObject({
    version: 4,
    integration_key: null,
    enabled: false,
  })
})

test.each([
  ['7094', 7094],
  ['0', Number.NaN],
  ['65536', Number.NaN],
  ['', Number.NaN],
  ['7e3', Number.NaN],
])('port "%s"', (text, port) => expect(portOf(text)).toBe(port))

test('keys are ASCII and short, zones exist', () => {
  expect(['INTEGRAKEY12', 'a b', 'ż', '', '1234567890123'].map(isKey)).toEqual([true, false, false, false, false])
  expect(['Europe/Warsaw', 'Mars/Olympus', ' '].map(isTimeZone)).toEqual([true, false, false])
})

test('what can be tried: an address and a port, with the kept key, the typed one or none', () => {
  const form = { host: ' 10.0.0.7 ', port: '7094', key_choice: 'keep', key: '' } as const
  const at = { host: '10.0.0.7', port: 7094 }
  expect(tryRequest(form, 'p1')).toEqual({ ...at, panel_id: 'p1' })
  expect(tryRequest({ ...form, key_choice: 'none', key: 'left over' }, 'p1')).toEqual({
    ...at,
    panel_id: 'p1',
    integration_key: null,
  })
  expect(tryRequest({ ...form, key_choice: 'set', key: 'INTEGRAKEY12' }, null)).toEqual({
    ...at,
    integration_key: 'INTEGRAKEY12',
  })
  const wanting = [{ host: '' }, { host: 'a b' }, { port: '' }, { port: '70000' }, { key_choice: 'set' as const }]
  for (const part of wanting) expect(tryRequest({ ...form, ...part }, 'p1'), JSON.stringify(part)).toBe(null)
})
