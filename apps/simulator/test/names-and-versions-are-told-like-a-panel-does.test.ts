/** 0x7C, 0x7E, 0x7D, 0x7B and 0xEE (reference 4.3, 4.8). */
import { expect, test } from 'vitest'
import type { PanelSpecInput } from '../src/index.ts'
import { world } from './harness.ts'

/** Type code of 0x7E and zones of every model (reference 4.3, 6.1). */
const MODELS: Readonly<Record<PanelSpecInput['model'], { type: string; basic: string; zones: number }>> = {
  'INTEGRA 24': { type: '00', basic: '0', zones: 24 },
  'INTEGRA 32': { type: '01', basic: '1', zones: 32 },
  'INTEGRA 64': { type: '02', basic: '2', zones: 64 },
  'INTEGRA 128': { type: '03', basic: '3', zones: 128 },
  'INTEGRA 128-WRL SIM300': { type: '04', basic: '4', zones: 128 },
  'INTEGRA 64 Plus': { type: '42', basic: '2', zones: 64 },
  'INTEGRA 128 Plus': { type: '43', basic: '3', zones: 128 },
  'INTEGRA 256 Plus': { type: '48', basic: '8', zones: 256 },
  'INTEGRA 128-WRL LEON': { type: '84', basic: '4', zones: 128 },
}

test.each(Object.entries(MODELS))('%s', async (model, { type, basic, zones }) => {
  const it = await world({
    model: model as PanelSpecInput['model'],
    zones: [{ number: zones, name: 'Ostatnie' }],
    partitions: [{ number: 1, name: 'A' }],
  })
  const client = await it.connect()
  // 1.23 of 2024-05-20, Polish, settings in flash.
  expect(await client.call('7E')).toBe(`7E ${type} 31 32 33 32 30 32 34 30 35 32 30 00 FF`)
  expect((await client.call('1A')).at(-1)).toBe(basic)
  await expect(
    it.simulator.addPanel({ ...it.panel.core.spec, id: 'more', zones: [{ number: zones + 1, name: 'Za dużo' }] }),
  ).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
})

test('module version and capabilities by profile; the oldest does not know the question', async () => {
  const versions: Record<string, string> = {}
  for (const profile of ['v1-versioned', 'v2', 'v2-c1', 'v2-c2'] as const) {
    versions[profile] = await (await (await world({ module: { profile } })).connect()).call('7C')
  }
  expect(Object.values(versions).map((body) => body.slice(-2))).toEqual(['00', '01', '03', '07'])
  // 2.05 of 2019-09-11.
  expect(versions['v2']).toBe('7C 32 30 35 32 30 31 39 30 39 31 31 01')
  expect(await (await (await world({ module: { profile: 'v1' } })).connect()).silent('7C')).toBe(true)
})

test('state reads by profile: v1 ends at 2B, v2 at 2F, capability 1 at 31', async () => {
  const reach: Record<string, [last: string, first: string]> = {
    v1: ['2B', '2C'],
    v2: ['2F', '30'],
    'v2-c1': ['31', '32'],
  }
  for (const [profile, [last, first]] of Object.entries(reach)) {
    const client = await (await world({ module: { profile: profile as 'v1' } })).connect()
    expect((await client.call(last)).startsWith(last)).toBe(true)
    expect(await client.silent(first)).toBe(true)
  }
  const v1 = await (await world({ module: { profile: 'v1' } })).connect()
  expect(await v1.silent('00 00')).toBe(true)
  const v2 = await (await world()).connect()
  // Rows without 256 objects answer unchanged.
  expect(await v2.call('09 00')).toBe('09 00 00 00 00')
})

const everything: Partial<PanelSpecInput> = {
  model: 'INTEGRA 256 Plus',
  module: { profile: 'v2-c2' },
  partitions: [{ number: 3, name: 'Skarbiec', type: 8, object: 2, twoCodesToArm: true, alarmVerification: true }],
  zones: [{ number: 256, name: 'Constanţa', partition: 3, reaction: 33 }],
  outputs: [{ number: 256, name: 'Syrena', function: 1, durationMs: 3_000, watts: 120.5 }],
  users: [{ number: 255, name: 'Serwis', code: '1234' }],
  expanders: [{ address: 1, name: 'Ekspander', type: 14 }],
  keypads: [{ address: 7, name: 'ETHM', type: 5 }],
  timers: [{ number: 2, name: 'Timer' }],
  telephones: [{ number: 1, name: 'Stacja' }],
  objects: [{ number: 2, name: 'Obiekt' }],
}
const ascii = (text: string) =>
  [...text.padEnd(16)].map((letter) => letter.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')).join(' ')

/** Request (type, number) and what follows the command byte; absent ones are EF 08. */
const NAMES: Readonly<Record<string, string>> = {
  '00 03': `EE 00 03 08 ${ascii('Skarbiec')}`,
  '01 00': `EE 01 00 21 43 6F 6E 73 74 61 6E FE 61 20 20 20 20 20 20 20`,
  '02 FF': `EE 02 FF 00 ${ascii('Serwis')} 9F`,
  '03 82': `EE 03 82 0E ${ascii('Ekspander')}`,
  '03 C8': `EE 03 C8 05 ${ascii('ETHM')}`,
  '04 00': `EE 04 00 01 ${ascii('Syrena')}`,
  '05 00': `EE 05 00 21 43 6F 6E 73 74 61 6E FE 61 20 20 20 20 20 20 20 03`,
  '06 02': `EE 06 02 00 ${ascii('Timer')}`,
  '07 01': `EE 07 01 00 ${ascii('Stacja')}`,
  '0F 02': `EE 0F 02 00 ${ascii('Obiekt')}`,
  '10 03': `EE 10 03 08 ${ascii('Skarbiec')} 02`,
  '11 00': `EE 11 00 01 ${ascii('Syrena')} 00 1E`,
  '12 03': `EE 12 03 08 ${ascii('Skarbiec')} 02 11 00 00 00`,
  '13 03': `EE 13 03 08 ${ascii('Skarbiec')} 02 11 00 00 00 00 00 00 00`,
  '00 01': 'EF 08',
  '01 01': 'EF 08',
  '03 81': 'EF 08',
  '0A 01': 'EF 08',
}

test.each(Object.entries(NAMES))('EE %s', async (request, expected) => {
  const client = await (await world(everything)).connect()
  expect(await client.call(`EE ${request}`)).toBe(expected)
})

test('the ţ is sent stuffed: FE F0', async () => {
  const client = await (await world(everything)).connect()
  // Check value of EE 01 00 by section 2.2.
  const frame = await client.ask('FE FE EE 01 00 63 07 FE 0D')
  expect(frame).toContain('6E FE F0 61 20')
})

test('the old module does not know name types 17 to 19', async () => {
  const client = await (await world({ module: { profile: 'v1' } })).connect()
  expect(await client.call('EE 11 01')).toBe('EF 08')
  expect(await client.call('EE 10 01')).toMatch(/^EE 10 01 00 .* 01$/)
})

test('temperatures: half degrees from -55, FFFF while unknown, silence where there is none', async () => {
  const { panel, connect } = await world({
    zones: [
      { number: 1, name: 'Chłodnia', reaction: 55, temperature: -18.5 },
      { number: 2, name: 'PIR' },
    ],
  })
  const client = await connect()
  // (-18.5 + 55) * 2 = 73
  expect(await client.call('7D 01')).toBe('7D 01 00 49')
  await panel.do({ action: 'temperature', zone: 1, celsius: -55 })
  expect(await client.call('7D 01')).toBe('7D 01 00 00')
  await panel.do({ action: 'temperature', zone: 1, celsius: null })
  expect(await client.call('7D 01')).toBe('7D 01 FF FF')
  expect(await client.silent('7D 02')).toBe(true)
})

test('power of a metering output: tenths, 256 sent as 00, only on the newest module', async () => {
  const newest = await (await world(everything)).connect()
  expect(await newest.call('7B 00')).toBe('7B 00 04 B5')
  expect(await newest.silent('7B 01')).toBe(true)
  const older = await (await world({ ...everything, module: { profile: 'v2-c1' } })).connect()
  expect(await older.silent('7B 00')).toBe(true)
})
