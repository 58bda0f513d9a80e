import { describe, expect, test } from 'vitest'
import { encodeFrame, FrameDecoder } from './frame.ts'
import { hex, toHex } from '../../test/hex.ts'
import {
  decodePduPlaintext,
  encodePdu,
  encodePduPlaintext,
  normaliseIntegrationKey,
  PduCipher,
  PduDecoder,
  PduSession,
} from './pdu.ts'

/** Reference 3.4: key, plaintext, length byte, ciphertext. */
const VECTORS: readonly (readonly [string, string, string, string])[] = [
  ['INTEGRAKEY12', '1A2B0000A500 FEFE7ED860FE0D 000000', '10', '48ED3B7C61158505C5A05EB66FFD52EA'],
  ['INTEGRAKEY12', '1A2B0001A53C FEFE8CFFFFFF4043FE0D', '10', '097921C92AD068320EC2118652164962'],
  [
    'INTEGRAKEY12',
    '1A2B0002A53D FEFE7F010E08000004000000000000C15EFE0D',
    '19',
    'A507A0C201BEB3117167C3695F6DAC70 46589E1FF8ADF77D07',
  ],
  [
    'INTEGRAKEY12',
    'C0DE00073CA5 FEFE1A202604230824000301270BFE0D',
    '16',
    '8D8536CA0731AF829DB19064D00AF841 E38E8F1617BB',
  ],
  [
    'INTEGRAKEY12',
    'C0DE00083DA5 FEFE00 0420 00*13 80 00*8 80 00*7 A8D7FE0D',
    '2D',
    '0F4176DBB86A90D0F6726EE10112DCAA A2301AED2C20A253E55616BD00EC3658 9397639C2E64E2F59B24787ACE',
  ],
  ['some_key', '523D00030054FEFE7FFFFFFFFFFFFFFEF08AFE0D', '14', '43D864307E6B8431CD7559CE2EF9D41F 26615C2F'],
]

describe('encrypted vectors of the reference', () => {
  test.each(VECTORS)('%s %s', (key, plaintext, length, ciphertext) => {
    const cipher = new PduCipher(key)
    expect(toHex(cipher.encrypt(hex(plaintext)))).toBe(toHex(hex(ciphertext)))
    expect(toHex(cipher.decrypt(hex(ciphertext)))).toBe(toHex(hex(plaintext)))
    const pdu = decodePduPlaintext(hex(plaintext))
    expect(toHex(encodePdu(cipher, pdu))).toBe(toHex(hex(length + ciphertext)))
    expect(new PduDecoder(cipher).push(hex(length + ciphertext))).toEqual([{ kind: 'pdu', pdu }])
  })

  test('the encrypted zero block', () => {
    // A tail of fewer than 16 bytes is xored with E(E(0)); a block of E(0) therefore encrypts to E(0).
    const zero = hex('7618899380CE0338730A1AD0D8CCE7CC')
    const cipher = new PduCipher('INTEGRAKEY12')
    expect(toHex(cipher.encrypt(zero))).toBe(toHex(zero))
  })

  test('header fields of the third row', () => {
    expect(decodePduPlaintext(hex(VECTORS[2]?.[1] as string))).toEqual({
      random: 0x1a2b,
      counter: 2,
      ids: 0xa5,
      idr: 0x3d,
      frame: hex('FEFE7F010E08000004000000000000C15EFE0D'),
    })
  })
})

describe('key', () => {
  test.each([
    ['some_key', '736F6D655F6B657920202020 736F6D655F6B657920202020'],
    ['INTEGRAKEY12', '494E54454752414B45593132 494E54454752414B45593132'],
    ['INTEGRAKEY12 and more', '494E54454752414B45593132 494E54454752414B45593132'],
    ['', '20*24'],
  ])('%s', (key, bytes) => {
    expect(toHex(normaliseIntegrationKey(key))).toBe(toHex(hex(bytes)))
  })
})

describe('plaintext', () => {
  test('fill up to 16 bytes is removed, zeros of the frame are not', () => {
    const frame = encodeFrame(0x09, hex('00 00 00 00'))
    const plaintext = encodePduPlaintext({ random: 1, counter: 2, ids: 3, idr: 4, frame })
    expect(toHex(decodePduPlaintext(plaintext).frame)).toBe(toHex(frame))
    expect(encodePduPlaintext({ random: 0, counter: 0, ids: 0, idr: 0, frame: new Uint8Array(0) })).toHaveLength(16)
  })

  test('a frame of 249 bytes is the longest', () => {
    const pdu = (bytes: number) => ({ random: 0, counter: 0, ids: 0, idr: 0, frame: new Uint8Array(bytes) })
    expect(encodePduPlaintext(pdu(249))).toHaveLength(255)
    expect(() => encodePduPlaintext(pdu(250))).toThrow(RangeError)
  })
})

describe('PDU stream', () => {
  const cipher = new PduCipher('INTEGRAKEY12')

  test('split and merged PDUs come out whole', () => {
    const session = new PduSession(cipher, { ids: 7, random: () => 0 })
    const frames = [encodeFrame(0x7e), encodeFrame(0, new Uint8Array(32).fill(0xfe)), encodeFrame(0x1a)]
    const wire = Uint8Array.from(frames.flatMap((frame) => [...session.seal(frame)]))
    for (const size of [1, 2, 16, 17, wire.length]) {
      const decoder = new PduDecoder(cipher)
      const received: string[] = []
      for (let at = 0; at < wire.length; at += size) {
        for (const item of decoder.push(wire.subarray(at, at + size))) {
          if (item.kind === 'pdu') received.push(toHex(item.pdu.frame))
        }
      }
      expect(received).toEqual(frames.map(toHex))
    }
  })

  test.each([0, 1, 15])('length %s cannot be: the stream is lost until a reset', (length) => {
    const decoder = new PduDecoder(cipher)
    expect(decoder.push(Uint8Array.of(length, 1, 2))).toEqual([{ kind: 'desynchronised', bytes: 3 }])
    expect(decoder.push(Uint8Array.of(9))).toEqual([{ kind: 'desynchronised', bytes: 1 }])
    decoder.reset()
    const wire = new PduSession(cipher).seal(encodeFrame(9))
    expect(decoder.push(wire)).toHaveLength(1)
  })

  test('a wrong key yields garbage, not an exception', () => {
    const wire = new PduSession(cipher, { ids: 1, random: () => 5 }).seal(encodeFrame(0x7e))
    const [item] = new PduDecoder(new PduCipher('another')).push(wire)
    expect(item?.kind).toBe('pdu')
    if (item?.kind === 'pdu')
      expect(new FrameDecoder().push(item.pdu.frame).every((i) => i.kind !== 'frame')).toBe(true)
  })
})

describe('session', () => {
  test('the first PDU carries no identifier of the other side, later ones echo the last', () => {
    const cipher = new PduCipher('INTEGRAKEY12')
    const client = new PduSession(cipher, { ids: 0xa5, random: () => 0x1a2b })
    const module = new PduSession(cipher, { ids: 0x3c, random: () => 0 })
    expect(toHex(client.seal(hex('FEFE7ED860FE0D')))).toBe(`10${VECTORS[0]?.[3]}`)

    const received = decodePduPlaintext(hex(VECTORS[0]?.[1] as string))
    // The module has not sent anything yet, and the client's echo is 0 accordingly.
    expect(module.accept(received)).toBe(true)
    const [answer] = new PduDecoder(cipher).push(module.seal(encodeFrame(0xef, hex('FF'))))
    if (answer?.kind !== 'pdu') throw new Error('no PDU')
    expect(answer.pdu).toMatchObject({ ids: 0x3c, idr: 0xa5, counter: 0 })
    expect(client.accept(answer.pdu)).toBe(true)
    expect(client.idr).toBe(0x3c)
    expect(toHex(client.seal(hex('FEFE8CFFFFFF4043FE0D')))).toBe(`10${VECTORS[1]?.[3]}`)
  })

  test('a wrong echo is refused', () => {
    const cipher = new PduCipher('INTEGRAKEY12')
    const client = new PduSession(cipher, { ids: 0xa5 })
    client.seal(encodeFrame(0x7e))
    expect(client.accept({ random: 0, counter: 0, ids: 1, idr: 0xa6, frame: new Uint8Array(0) })).toBe(false)
  })

  test('the counter wraps', () => {
    const session = new PduSession(new PduCipher('k'))
    for (let i = 0; i < 0x10000; i++) session.seal(new Uint8Array(0))
    expect(session.counter).toBe(0)
  })
})
