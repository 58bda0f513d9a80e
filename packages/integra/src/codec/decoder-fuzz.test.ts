import { describe, expect, test } from 'vitest'
import {
  COMMAND,
  decodeCardAnswer,
  decodeCardRequest,
  decodeClock,
  decodeControlRequest,
  decodeEventAnswer,
  decodeEventText,
  decodeEventTextRequest,
  decodeKeyFob,
  decodeModuleVersion,
  decodeNameRecord,
  decodeNameRequest,
  decodeOutputPower,
  decodeOwnUserRecord,
  decodePanelVersion,
  decodePduPlaintext,
  decodeSetClock,
  decodeText,
  decodeTroubles,
  decodeUserCode,
  decodeUserList,
  decodeUserLocks,
  decodeUserRecord,
  decodeUserSettings,
  decodeZoneTemperature,
  encodeFrame,
  eventMeaning,
  eventPlace,
  eventWallTime,
  FrameDecoder,
  maskToCommands,
  matchBusyBlock,
  nameExtras,
  PduCipher,
  PduDecoder,
  resultCode,
  TROUBLE_PARTS,
} from './index.ts'

/** Small, fast and seeded: a failing run can be repeated. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 0x1_0000_0000
  }
}

const INPUTS = 1_000_000
const NASTY = [0xfe, 0xfe, 0xfe, 0xf0, 0x0d, 0x00, 0xff, 0x10]

function frames(random: () => number): Uint8Array[] {
  const commands = Object.values(COMMAND)
  return Array.from({ length: 400 }, () => {
    const payload = Uint8Array.from({ length: Math.trunc(random() * 70) }, () => Math.trunc(random() * 256))
    return encodeFrame(commands[Math.trunc(random() * commands.length)] as number, payload)
  })
}

/** Random bytes, bytes from the protocol's own alphabet, and whole frames cut, flipped and glued. */
function makeInput(random: () => number, pool: readonly Uint8Array[], out: Uint8Array): number {
  const pick = random()
  if (pick < 0.25) {
    const length = Math.trunc(random() * 48)
    for (let i = 0; i < length; i++) out[i] = random() * 256
    return length
  }
  if (pick < 0.45) {
    const length = Math.trunc(random() * 48)
    for (let i = 0; i < length; i++) {
      out[i] = random() < 0.6 ? (NASTY[Math.trunc(random() * NASTY.length)] as number) : random() * 256
    }
    return length
  }
  const frame = pool[Math.trunc(random() * pool.length)] as Uint8Array
  const from = random() < 0.2 ? Math.trunc(random() * frame.length) : 0
  const to = random() < 0.3 ? Math.trunc(random() * frame.length) : frame.length
  const cut = frame.subarray(from, Math.max(from, to))
  out.set(cut)
  const flips = random() < 0.5 ? Math.trunc(random() * 4) : 0
  for (let i = 0; i < flips && cut.length > 0; i++) out[Math.trunc(random() * cut.length)] = random() * 256
  return cut.length
}

/** Every decoder there is; each must take whatever bytes come. */
const DECODERS: readonly ((payload: Uint8Array) => unknown)[] = [
  decodeClock,
  decodeSetClock,
  decodeEventAnswer,
  decodeEventText,
  decodeEventTextRequest,
  decodeNameRecord,
  decodeNameRequest,
  decodePanelVersion,
  decodeModuleVersion,
  decodeZoneTemperature,
  decodeOutputPower,
  decodeUserRecord,
  decodeOwnUserRecord,
  decodeUserList,
  decodeUserLocks,
  decodeUserSettings,
  decodeUserCode,
  decodeCardRequest,
  decodeCardAnswer,
  (payload) => decodeKeyFob('rx', payload),
  decodePduPlaintext,
  decodeText,
  matchBusyBlock,
  maskToCommands,
  (payload) => resultCode(payload[0] ?? 0),
  (payload) => decodeControlRequest(payload[0] ?? 0, payload.subarray(1)),
  (payload) => TROUBLE_PARTS.map((part) => decodeTroubles(part, payload)),
  (payload) => {
    const name = decodeNameRecord(payload)
    return name && nameExtras(name)
  },
  (payload) => {
    const record = decodeEventAnswer(payload.subarray(0, 14))?.record
    if (record === undefined) return undefined
    const now = { year: 2026, month: 2, day: 28, hour: 1, minute: 2, second: 3 }
    return [eventPlace(record), eventMeaning(record.code, record.restore), eventWallTime(record, now)]
  },
]

/** Lengths at which decoders start to look closer. */
const LENGTHS = [
  0, 1, 2, 3, 4, 8, 9, 11, 12, 14, 19, 20, 21, 24, 26, 28, 29, 30, 31, 33, 39, 45, 47, 48, 51, 60, 61, 64,
]

describe('whatever bytes come', () => {
  test(`${INPUTS} random, truncated and mutated inputs: no throw, no hang, no growth`, () => {
    const random = randomOf(0x5a7e1)
    const pool = frames(random)
    const out = new Uint8Array(256)
    const decoder = new FrameDecoder()
    const cipher = new PduCipher('INTEGRAKEY12')
    const pdus = new PduDecoder(cipher)
    const inner = new FrameDecoder()
    let sound = 0
    let thrown = 0
    let largest = 0
    for (let i = 0; i < INPUTS; i++) {
      const length = makeInput(random, pool, out)
      const input = out.subarray(0, length)
      let discarded = 0
      for (const item of decoder.push(input)) {
        if (item.kind === 'frame') {
          sound++
          decodeAll(item.payload, random)
        } else {
          discarded += item.bytes
          thrown += item.count
        }
      }
      if (decoder.pendingBytes > largest) largest = decoder.pendingBytes
      // What is reported as thrown away came in now or was pending, marks and stuffing included.
      if (discarded > length + 2 * 512 + 4) throw new Error(`input ${i} lost ${discarded} of ${length} bytes`)
      if (i % 10 === 0) {
        for (const item of pdus.push(input)) {
          if (item.kind === 'pdu') inner.push(item.pdu.frame)
          else pdus.reset()
        }
        if (pdus.pendingBytes > 255 || inner.pendingBytes > 512) throw new Error(`input ${i} made a buffer grow`)
      }
      const claimed = LENGTHS[i % LENGTHS.length] as number
      decodeAll(out.subarray(0, claimed), random)
    }
    expect(decoder.capacity).toBeLessThanOrEqual(512)
    expect(largest).toBeLessThanOrEqual(512)
    // The inputs are worth something: both sound frames and refused ones are plenty.
    expect(sound).toBeGreaterThan(INPUTS / 10)
    expect(thrown).toBeGreaterThan(INPUTS / 10)
  }, 60_000)

  test('half of all bits set, all bits set, 100 zero bytes, the same frame 1000 times', () => {
    const decoder = new FrameDecoder()
    expect(decoder.push(new Uint8Array(100))).toEqual([{ kind: 'discarded', reason: 'noise', bytes: 100, count: 1 }])
    expect(decoder.push(new Uint8Array(100).fill(0xff))).toHaveLength(1)
    const frame = encodeFrame(COMMAND.zonesViolated, new Uint8Array(32).fill(0xaa))
    const many = new Uint8Array(frame.length * 1000)
    for (let i = 0; i < 1000; i++) many.set(frame, i * frame.length)
    expect(decoder.push(many).filter((item) => item.kind === 'frame')).toHaveLength(1000)
  })

  test('garbage costs a handful of items, however much of it comes', () => {
    const decoder = new FrameDecoder()
    const hostile = Uint8Array.from({ length: 65536 }, (_, i) => [0xfe, 0xfe, 0x01, 0xfe, 0x02, 0xfe, 0x0d][i % 7] ?? 0)
    expect(decoder.push(hostile).length).toBeLessThanOrEqual(6)
  })
})

function decodeAll(payload: Uint8Array, random: () => number): void {
  // One decoder per input and all of them now and then: each still sees tens of thousands of inputs.
  if (random() < 0.02) for (const decode of DECODERS) decode(payload)
  else (DECODERS[Math.trunc(random() * DECODERS.length)] as (payload: Uint8Array) => unknown)(payload)
}
