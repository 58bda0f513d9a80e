/** 0xE0..0xEA (reference 4.7). */
import { expect, test } from 'vitest'
import { type World, world } from './harness.ts'

const USERS = {
  users: [
    { number: 1, name: 'Jan', code: '1234', telephoneCode: '4711' },
    { number: 2, name: 'Ewa', code: '5678', partitions: [2] },
    { number: 3, name: 'Obcy', code: '4321', rights: ['arm' as const] },
    { number: 241, name: 'Admin', code: '999999' },
    { number: 255, name: 'Serwis', code: '246810' },
  ],
}
const ADMIN = '99 99 99 FF'
const SERVICE = '24 68 10 FF'
const JAN = '12 34 FF FF'
const name = (text: string) =>
  [...text.padEnd(16)].map((letter) => letter.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')).join(' ')

/** Fields of E6 and E7 behind the number. */
const fields = (code: string, text: string, telephone = 'FF FF') =>
  `${code} ${telephone} 01 00 00 00 00 00 00 07 00 44 ${name(text)}`

function codes({ simulator }: World): number[] {
  return simulator.ledger.page(0, 100).entries.map(({ code }) => code)
}

test('E0 tells the own record, with 4- and 8-byte codes', async () => {
  const client = await (await world(USERS)).connect()
  // Number, telephone code, partitions 1 and 2, telephone code changed, time, rights, name, object 0.
  const expected = `E0 01 47 11 03 00 00 00 10 00 7F 5F FF ${name('Jan')} 00`
  expect(await client.call(`E0 ${JAN}`)).toBe(expected)
  expect(await client.call(`E0 ${JAN} FF FF FF FF`)).toBe(expected)
  // Service: mask of the masters instead of a telephone code.
  expect(await client.call(`E0 ${SERVICE}`)).toMatch(/^E0 FF 01 00 03 00 00 00 20 00 FF FF FF /)
  expect((await client.call(`E0 ${ADMIN}`)).slice(-2)).toBe('40')
})

test('who lacks the GUARDX right is told that the code is unknown', async () => {
  const client = await (await world(USERS)).connect()
  expect(await client.call('E0 43 21 FF FF')).toBe('EF 01')
  expect(await client.call('E0 11 11 FF FF')).toBe('EF 01')
})

test('E1, E2, E3', async () => {
  const client = await (await world(USERS)).connect()
  expect(await client.call(`E1 ${ADMIN} 02`)).toBe(`E1 02 02 00 00 00 00 00 00 7F 5F FF ${name('Ewa')} 00`)
  expect(await client.call(`E1 ${ADMIN} 09`)).toBe('EF 03')
  expect(await client.call(`E2 ${ADMIN} F1`)).toBe(`E2 F1 07${' 00'.repeat(29)} 07${' 00'.repeat(29)}`)
  expect(await client.call(`E2 ${JAN} 01`)).toBe(`E2 01 07${' 00'.repeat(29)}${' 00'.repeat(30)}`)
  expect(await client.call(`E3 ${ADMIN} 02`)).toBe('E3 02 00 00 00 00 00 00 00 00')
})

test('E4 writes locks', async () => {
  const client = await (await world(USERS)).connect()
  expect(await client.call(`E4 ${ADMIN} 02 01 02 03 04 05 06 07 08`)).toBe('EF 00')
  expect(await client.call(`E3 ${ADMIN} 02`)).toBe('E3 02 01 02 03 04 05 06 07 08')
  expect(await client.call(`E4 ${JAN} 02 01 02 03 04 05 06 07 08`)).toBe('EF 02')
})

test('E6 creates, E7 changes, E5 removes; every step is in the event memory', async () => {
  const it = await world(USERS)
  const client = await it.connect()
  expect(await client.call(`E6 ${ADMIN} FF ${fields('77 77 FF FF', 'Nowy')}`)).toBe('EF 00')
  expect(await client.call('84 77 77 FF FF FF FF FF FF 01 00 00 00')).toBe('EF FF')
  expect(await client.call(`E7 ${ADMIN} 04 ${fields('FF FF FF FF', 'Nowszy')}`)).toBe('EF 00')
  expect(await client.call('EE 02 04')).toBe(`EE 02 04 00 ${name('Nowszy')} 84`)
  expect(await client.call('84 77 77 FF FF FF FF FF FF 01 00 00 00')).toBe('EF FF')
  expect(await client.call(`E5 ${ADMIN} 04`)).toBe('EF 00')
  expect(await client.call('84 77 77 FF FF FF FF FF FF 01 00 00 00')).toBe('EF 01')
  expect(codes(it)).toEqual([9, 11, 13])
})

test('E6 and E7 refuse what exists: 03 04 05 06, and 02 without the right', async () => {
  const client = await (await world(USERS)).connect()
  expect(await client.call(`E6 ${ADMIN} 02 ${fields('77 77 FF FF', 'X')}`)).toBe('EF 04')
  expect(await client.call(`E6 ${ADMIN} 05 ${fields('12 34 FF FF', 'X')}`)).toBe('EF 05')
  expect(await client.call(`E6 ${ADMIN} 05 ${fields('77 77 FF FF', 'X', '47 11')}`)).toBe('EF 06')
  expect(await client.call(`E7 ${ADMIN} 09 ${fields('77 77 FF FF', 'X')}`)).toBe('EF 03')
  expect(await client.call(`E6 ${JAN} 05 ${fields('77 77 FF FF', 'X')}`)).toBe('EF 02')
})

test('E9 and EA change the own code and telephone code: 05 and 06 in use, 07 the same', async () => {
  const it = await world(USERS)
  const client = await it.connect()
  expect(await client.call(`E9 ${JAN} 12 34 FF FF`)).toBe('EF 07')
  expect(await client.call(`E9 ${JAN} 56 78 FF FF`)).toBe('EF 05')
  expect(await client.call(`E9 ${JAN} 80 80 FF FF`)).toBe('EF 00')
  expect(await client.call(`E0 ${JAN}`)).toBe('EF 01')
  expect(await client.call('EA 80 80 FF FF 47 11')).toBe('EF 07')
  expect(await client.call('EA 80 80 FF FF 47 12')).toBe('EF 00')
  expect(await client.call('EA 56 78 FF FF 47 12')).toBe('EF 06')
  expect(codes(it)).toEqual([3, 982])
})

test('E8 writes, reads and lists cards; errors come as ?', async () => {
  const client = await (await world(USERS)).connect()
  expect(await client.call(`E8 ${ADMIN} 32 02 01 02 03 04 05`)).toBe('E8 3F 32 02 00')
  expect(await client.call(`E8 ${ADMIN} 31 02`)).toBe('E8 31 02 01 02 03 04 05')
  expect(await client.call(`E8 ${ADMIN} 30`)).toBe(`E8 30 02${' 00'.repeat(30)}${' 00'.repeat(31)}`)
  expect(await client.call(`E8 ${ADMIN} 39 01`)).toBe(`E8 39 01${' 00'.repeat(11)}`)
  expect(await client.call(`E8 ${JAN} 32 02 01 02 03 04 05`)).toBe('E8 3F 32 02 02')
  expect(await client.call('E8 11 11 FF FF 31 02')).toBe('E8 3F 31 02 01')
  expect(await client.call(`E8 ${ADMIN} 5A 01`)).toBe('E8 3F 5A 01 08')
})
