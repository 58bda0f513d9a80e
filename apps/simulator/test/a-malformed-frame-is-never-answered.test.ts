/** Negative vectors of section 2.4 and the length rules of section 1.1. */
import { expect, test } from 'vitest'
import { world } from './harness.ts'
import { framed } from './raw-client.ts'

const CLOCK = 'FE FE 1A 20 26 04 23 08 24 00 03 01 27 0B FE 0D'

test('the framing of these tests agrees with the published vectors', () => {
  expect(framed('09')).toBe('FE FE 09 D7 EB FE 0D')
  expect(framed('1C')).toBe('FE FE 1C D7 FE F0 FE 0D')
  expect(framed('0A FE FE FE F0')).toBe('FE FE 0A FE F0 FE F0 FE F0 F0 78 AE FE 0D')
  expect(framed('EE 10 15')).toBe('FE FE EE 10 15 62 FE F0 FE 0D')
})

test('bad check value: silence, the next frame is answered', async () => {
  const client = await (await world()).connect()
  client.send('FE FE 09 D7 EC FE 0D')
  expect(await client.ask('FE FE 1A D7 FC FE 0D')).toBe(CLOCK)
})

test('interrupted frame: only the second counts', async () => {
  const client = await (await world()).connect()
  expect(await client.ask('FE FE 09 D7 FE FE 1A D7 FC FE 0D')).toBe(CLOCK)
})

test('illegal escape synchronises: what follows is a valid frame', async () => {
  const client = await (await world()).connect()
  expect(await client.ask('FE FE 09 FE 55 1A D7 FC FE 0D')).toBe(CLOCK)
})

test('a frame may come byte by byte, and two in one segment', async () => {
  const client = await (await world()).connect()
  for (const byte of 'FE FE 1A D7 FC FE 0D'.split(' ')) client.send(byte)
  expect(await client.frame()).toBe(CLOCK)
  client.send('FE FE 1A D7 FC FE 0D FE FE 09 D7 EB FE 0D')
  expect(await client.frames(2)).toEqual([CLOCK, 'FE FE 09 00 00 00 00 7D B4 FE 0D'])
})

const WRONG: Readonly<Record<string, string>> = {
  'unknown command': '5A',
  'state read with two extra bytes': '00 00 00',
  'newest state read of a later module': '30',
  'version with payload': '7E 00',
  'temperature without a zone': '7D',
  'temperature of a zone that measures nothing': '7D 01',
  'name with one byte': 'EE 01',
  'event with two bytes': '8C FF FF',
  'event text with one byte': '8F 85',
  'arm with a 4-byte code': '80 12 34 FF FF 01 00 00 00',
  'arm with the option byte of a later module': '80 12 34 FF FF FF FF FF FF 01 00 00 00 80',
  'disarm without partitions': '84 12 34 FF FF FF FF FF FF',
  'bypass with 15 bytes of zones': `86 12 34 FF FF FF FF FF FF${' 00'.repeat(15)}`,
  'clock with 13 digits': `8E 12 34 FF FF FF FF FF FF${' 30'.repeat(13)}`,
  'push masks of a later module': `7F${' 00'.repeat(14)}`,
  'power of an output': '7B 01',
  'undocumented EB': 'EB 12 34 FF FF',
}

test.each(Object.entries(WRONG))('%s: silence', async (_what, body) => {
  const client = await (await world({ module: { profile: 'v2' } })).connect()
  expect(await client.silent(body)).toBe(true)
})
