import { expect, test } from 'vitest'
import { changesOf, emailLooksRight, mergedForm, type PersonForm, siteChanges } from './person-form.ts'

const base: PersonForm = { name: 'Anna Wójcik', role: 'OPERATOR', language: 'pl' }

test('only what differs is sent', () => {
  expect(changesOf(base, base)).toEqual({})
  expect(changesOf(base, { ...base, name: '  Anna Wójcik ' })).toEqual({})
  expect(changesOf(base, { ...base, name: 'Anna Nowak' })).toEqual({ name: 'Anna Nowak' })
  expect(changesOf(base, { ...base, role: 'TECHNICIAN', language: 'en' })).toEqual({
    role: 'TECHNICIAN',
    language: 'en',
  })
})

test('what was typed stays, what was not touched becomes what the other one saved', () => {
  const theirs: PersonForm = { name: 'Anna W.', role: 'TECHNICIAN', language: 'en' }
  expect(mergedForm(base, base, theirs)).toEqual(theirs)
  expect(mergedForm(base, { ...base, name: 'Anna Nowak' }, theirs)).toEqual({ ...theirs, name: 'Anna Nowak' })
  expect(mergedForm(base, { ...base, role: 'ADMIN' }, theirs)).toEqual({ ...theirs, role: 'ADMIN' })
})

test('an address is one with a name, a sign and a domain', () => {
  expect(['a@b.pl', ' jan.kowalski@stacja.example '].every(emailLooksRight)).toBe(true)
  expect(['', 'a', 'a@b', '@b.pl', 'a b@c.pl'].some(emailLooksRight)).toBe(false)
})

test('sites that come and go are counted, whatever their order', () => {
  expect(siteChanges(['a', 'b', 'c'], ['c', 'd', 'a'])).toEqual({ added: 1, removed: 1 })
  expect(siteChanges(['a', 'b'], ['b', 'a'])).toEqual({ added: 0, removed: 0 })
})
