import { CreateSiteRequest, type SiteDetail, UpdateSiteRequest } from '@stam/contracts'
import { describe, expect, test } from 'vitest'
import { createRequest, degrees, emptyContact, emptySite, formOf, updateRequest } from './site-form.ts'

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
    },
    contacts: [],
    procedures: [{ id: 'p', title: 'T', body: 'B', stream: 'temperature' }],
  } as unknown as SiteDetail
  const request = updateRequest(formOf(detail), detail.site.version)
  expect(UpdateSiteRequest.safeParse(request).success).toBe(true)
  expect(request).toMatchObject({ version: 7, longitude: 19.9, procedures: [{ title: 'T', stream: 'temperature' }] })
})
