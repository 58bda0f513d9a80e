/** 0x8C and 0x8F, reference section 5. */
import { expect, test } from 'vitest'
import { world } from './harness.ts'
import { bodyOf } from './raw-client.ts'

const NEWEST = '8C FF FF FF'

/** [code, token, echo] of an answer. */
function read(body: string): { code: number; restore: boolean; token: string; echo: string; empty: boolean } {
  const bytes = body.split(' ').slice(1)
  const word = (Number.parseInt(bytes[4] as string, 16) << 8) | Number.parseInt(bytes[5] as string, 16)
  return {
    code: word & 0x3ff,
    restore: (word & 0x400) !== 0,
    token: bytes.slice(8, 11).join(' '),
    echo: bytes.slice(11).join(' '),
    empty: (Number.parseInt(bytes[0] as string, 16) & 0x20) === 0,
  }
}

test('a walk from the newest to the end meets everything once, oldest last', async () => {
  const { panel, connect } = await world({ eventMemory: { tokenStart: 0x100, tokenStride: 0x800 } })
  for (let i = 0; i < 4; i++) {
    await panel.do({ action: 'violate', zone: 4 })
    await panel.do({ action: 'restore', zone: 4 })
  }
  const client = await connect()
  const seen: string[] = []
  let answer = read(await client.call(NEWEST))
  expect(answer.echo).toBe('FF FF FF')
  while (!answer.empty) {
    seen.push(`${answer.code}${answer.restore ? 'R' : ''} ${answer.token}`)
    const asked = answer.token
    answer = read(await client.call(`8C ${asked}`))
    expect(answer.echo).toBe(asked)
  }
  expect(seen).toEqual([
    '111R 00 39 00',
    '111 00 31 00',
    '111R 00 29 00',
    '111 00 21 00',
    '111R 00 19 00',
    '111 00 11 00',
    '111R 00 09 00',
    '111 00 01 00',
  ])
})

test('a full ring overwrites the oldest; an expired token is the end', async () => {
  const { panel, connect } = await world({ eventMemory: { capacity: 3, tokenStart: 0, tokenStride: 2 } })
  for (let i = 0; i < 5; i++) await panel.do({ action: 'test_transmission' })
  const client = await connect()
  expect(read(await client.call('8C 00 00 08'))).toMatchObject({ code: 602, token: '00 00 06' })
  expect(read(await client.call('8C 00 00 06'))).toMatchObject({ code: 602, token: '00 00 04' })
  expect(read(await client.call('8C 00 00 04'))).toMatchObject({ empty: true })
  expect(await client.call('8C 00 00 02')).toBe('8C 00 00 00 00 00 00 00 00 00 00 02 00 00 02')
})

test('erasing leaves 621 alone in the memory', async () => {
  const { panel, connect } = await world()
  for (let i = 0; i < 3; i++) await panel.do({ action: 'test_transmission' })
  await panel.do({ action: 'reset_memory' })
  const client = await connect()
  const newest = read(await client.call(NEWEST))
  expect(newest.code).toBe(621)
  expect(read(await client.call(`8C ${newest.token}`)).empty).toBe(true)
})

test('an empty memory answers an empty record at once', async () => {
  const client = await (await world()).connect()
  expect(await client.call(NEWEST)).toBe('8C 00 00 00 00 00 00 00 00 FF FF FF FF FF FF')
})

test('the Grade log answers 00FFFF where the panel keeps one, with tokens of its own', async () => {
  const without = await world()
  await without.panel.do({ action: 'test_transmission' })
  expect(await (await without.connect()).call('8C 00 FF FF')).toBe('8C 00 00 00 00 00 00 00 00 00 FF FF 00 FF FF')
  const { panel, connect } = await world({ eventMemory: { gradeLog: true, tokenStart: 0x100 } })
  await panel.do({ action: 'test_transmission' })
  await panel.do({ action: 'violate', zone: 4 })
  const client = await connect()
  const grade = read(await client.call('8C 00 FF FF'))
  const standard = read(await client.call(NEWEST))
  expect([grade.code, standard.code]).toEqual([111, 111])
  expect(grade.token).not.toBe(standard.token)
  expect(read(await client.call(`8C ${grade.token}`)).code).toBe(602)
})

test('reporting states S1 and S2 of a record change later', async () => {
  const { panel, time, connect } = await world({ eventMemory: { reporting: 'sent', reportingDelayMs: 4_000 } })
  await panel.do({ action: 'test_transmission' })
  const client = await connect()
  const low = async () => Number.parseInt((await client.call(NEWEST)).split(' ')[1] as string, 16) & 0x0f
  expect(await low()).toBe(0b0000)
  time.advance(4_000)
  expect(await low()).toBe(0b0101)
  const failing = await world({ eventMemory: { reporting: 'failing' } })
  await failing.panel.do({ action: 'test_transmission' })
  const other = await failing.connect()
  expect(Number.parseInt((await other.call(NEWEST)).split(' ')[1] as string, 16) & 0x0f).toBe(0b1010)
})

test('a TCP/IP event is two records: new to old, the second half of the address comes first', async () => {
  const { panel, connect } = await world()
  await panel.do({ action: 'tcp_link', link: 'guardx', ip: '192.168.7.200' })
  const client = await connect()
  const second = await client.call(NEWEST)
  expect(read(second).code).toBe(50)
  expect(second.split(' ').slice(7, 9)).toEqual(['07', 'C8'])
  const first = await client.call(`8C ${read(second).token}`)
  expect(read(first).code).toBe(56)
  expect(first.split(' ').slice(7, 9)).toEqual(['C0', 'A8'])
})

test('texts in the language of the panel: 16 and 46 characters, unknown codes begin with 00', async () => {
  const polish = await (await world()).connect()
  const long = await polish.call('8F 80 82')
  const { length } = long.split(' ')
  expect(length).toBe(1 + 5 + 46)
  const text = (body: string) =>
    Buffer.from(
      body
        .split(' ')
        .slice(6)
        .map((byte) => Number.parseInt(byte, 16)),
    )
      .toString('latin1')
      .trimEnd()
  expect((await polish.call('8F 00 82')).split(' ').length).toBe(1 + 5 + 16)
  expect(text(await polish.call('8F 01 F4'))).toBe('\0'.repeat(1))
  const english = await (await world({ language: 'en' })).connect()
  expect(text(await english.call('8F 80 82'))).toBe('Burglary alarm')
  expect(text(await english.call('8F 84 82'))).toBe('Burglary zone normal')
  // Kind 1, short kind word 0003.
  expect((await english.call('8F 80 82')).split(' ').slice(1, 6)).toEqual(['80', '82', '01', '00', '03'])
  expect(bodyOf('FE FE 8F 85 A6 61 25 FE 0D')).toBe('8F 85 A6')
})
