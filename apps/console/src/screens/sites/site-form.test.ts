import { CreateSiteRequest, type SiteDetail, SiteSettings, UpdateSiteRequest } from '@stam/contracts'
import { describe, expect, test } from 'vitest'
import { createRequest, degrees, emptyContact, emptySite, formOf, secondsOf, updateRequest } from './site-form.ts'

describe('degrees', () => {
  test.each([
    ['', 90, null],
    [' 52,2297 ', 90, 52.2297],
    ['-21.5', 180, -21.5],
    ['91', 90, Number.NaN],
    ['abc', 180, Number.NaN],
  ] as const)('"%s" within %i', (text, limit, expected) => expect(degrees(text, limit)).toBe(expected))
})

test('a new site is what the contract asks for', () => {
  const form = {
    ...emptySite,
    code: ' 042 ',
    name: 'Sklep',
    latitude: '50,06',
    contacts: [{ ...emptyContact, name: 'Anna' }],
  }
  const request = createRequest(form)
  expect(CreateSiteRequest.safeParse(request).success).toBe(true)
  expect(request).toMatchObject({ code: '042', latitude: 50.06, longitude: null })
})

test('an edit carries the version it began on and keeps the stream of a procedure', () => {
  const detail = {
    site: {
      code: '1',
      name: 'Sklep',
      type: 'SHOP',
      address_line: '',
      postal_code: '',
      city: '',
      notes: '',
      latitude: null,
      longitude: 19.9,
      version: 7,
      settings: SiteSettings.parse({ bundle_window_s: 90, info_auto_ack_s: 300 }),
    },
    contacts: [],
    procedures: [{ id: 'p', title: 'T', body: 'B', stream: 'temperature' }],
  } as unknown as SiteDetail
  const request = updateRequest(formOf(detail), detail.site.version)
  expect(UpdateSiteRequest.safeParse(request).success).toBe(true)
  expect(request).toMatchObject({ version: 7, longitude: 19.9, procedures: [{ title: 'T', stream: 'temperature' }] })
})

test('settings come back in the seconds they were, and an empty time means never', () => {
  const settings = SiteSettings.parse({ bundle_window_s: 90, info_auto_ack_s: 300, retrigger: true })
  const detail = {
    site: { settings, latitude: null, longitude: null },
    contacts: [],
    procedures: [],
  } as unknown as SiteDetail
  const form = { ...emptySite, settings: formOf(detail).settings, code: '1', name: 'Sklep' }
  expect(form.settings).toMatchObject({ bundle_min: '1.5', info_ack_min: '5', warning_close_h: '8', retrigger: 'on' })
  const { operators_may_command: _, ...sent } = settings
  expect(updateRequest(form, 1).settings).toEqual(sent)
  const never = { ...form, settings: { ...form.settings, info_ack_min: ' ' } }
  expect(updateRequest(never, 1).settings?.info_auto_ack_s).toBeNull()
})

test.each([
  ['1,5', 'bundle_min', 90],
  ['0', 'bundle_min', Number.NaN],
  ['', 'bundle_min', Number.NaN],
  ['', 'info_ack_min', null],
  ['169', 'warning_close_h', Number.NaN],
  ['x', 'duplicate_s', Number.NaN],
] as const)('"%s" as %s', (text, name, expected) => expect(secondsOf(text, name)).toBe(expected))
