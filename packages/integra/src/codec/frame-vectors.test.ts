import { describe, expect, test } from 'vitest'
import { crc16 } from './crc.ts'
import { encodeFrame, FrameDecoder } from './frame.ts'
import { hex, toHex } from '../../test/hex.ts'

/** Every vector of reference section 2.4: number, body (command and payload), wire frame. */
const VECTORS: readonly (readonly [string, string, string])[] = [
  ['1', '09', 'FE FE 09 D7 EB FE 0D'],
  ['2 stuffed CRC', '1C', 'FE FE 1C D7 FE F0 FE 0D'],
  ['3', 'E0 12 34 FF FF', 'FE FE E0 12 34 FF FF 8A 9B FE 0D'],
  ['4 stuffed payload', '09 FE', 'FE FE 09 FE F0 51 76 FE 0D'],
  ['5', '7E', 'FE FE 7E D8 60 FE 0D'],
  ['6', '1A', 'FE FE 1A D7 FC FE 0D'],
  ['7', '1A 20 26 04 23 08 24 00 03 01', 'FE FE 1A 20 26 04 23 08 24 00 03 01 27 0B FE 0D'],
  ['8', '09 00 00 00 00', 'FE FE 09 00 00 00 00 7D B4 FE 0D'],
  ['9', 'EE 01 01', 'FE FE EE 01 01 63 08 FE 0D'],
  [
    '10',
    'EE 01 01 00 44727A77692077656A9C63696F776520',
    'FE FE EE 01 01 00 44 72 7A 77 69 20 77 65 6A 9C 63 69 6F 77 65 20 9C BD FE 0D',
  ],
  ['11', 'EF FF', 'FE FE EF FF 4F A9 FE 0D'],
  ['12', '7F 01 0E 08 00 00 04 00 00 00 00 00 00', 'FE FE 7F 01 0E 08 00 00 04 00 00 00 00 00 00 C1 5E FE 0D'],
  ['13', '00 08 00*11 08 00*19', 'FE FE 00 08 00*11 08 00*19 94 9A FE 0D'],
  ['14 narrow', '00', 'FE FE 00 D7 E2 FE 0D'],
  ['14 wide', '00 00', 'FE FE 00 00 50 8A FE 0D'],
  ['15 five', '7F', 'FE FE 7F D8 61 FE 0D'],
  ['15 six', '7F 00', 'FE FE 7F 00 4F 8B FE 0D'],
  ['15 seven', '7F 00 00', 'FE FE 7F 00 00 61 49 FE 0D'],
  ['16', '7C', 'FE FE 7C D8 5E FE 0D'],
  ['17', '00 04 20 00*13 80', 'FE FE 00 04 20 00*13 80 70 C5 FE 0D'],
  ['18', '7D FE', 'FE FE 7D FE F0 50 8D FE 0D'],
  ['19', '7D FE 00 FE', 'FE FE 7D FE F0 00 FE F0 42 B8 FE 0D'],
  ['20', '7D 01 00 96', 'FE FE 7D 01 00 96 3E 54 FE 0D'],
  ['21 standard', '8C FF FF FF', 'FE FE 8C FF FF FF 40 43 FE 0D'],
  ['21 grade', '8C 00 FF FF', 'FE FE 8C 00 FF FF 3C 3F FE 0D'],
  [
    '22',
    '8C 7F 98 83 13 5D A6 0A 02 06 68 DE FF FF FF',
    'FE FE 8C 7F 98 83 13 5D A6 0A 02 06 68 DE FF FF FF 58 BB FE 0D',
  ],
  [
    '23',
    '8C BF C5 54 C2 87 FB 03 01 03 58 96 03 50 96',
    'FE FE 8C BF C5 54 C2 87 FB 03 01 03 58 96 03 50 96 39 C0 FE 0D',
  ],
  ['24', '8F 85 A6', 'FE FE 8F 85 A6 61 25 FE 0D'],
  ['25', '80 12 34 FF*6 03 00 00 10', 'FE FE 80 12 34 FF FF FF FF FF FF 03 00 00 10 9D 9D FE 0D'],
  ['26', '84 12 34 FF*6 01 00 00 00', 'FE FE 84 12 34 FF*6 01 00 00 00 E0 F1 FE 0D'],
  ['27', '86 12 34 FF*6 05 00*6 20 00*6 80 00', 'FE FE 86 12 34 FF*6 05 00*6 20 00*6 80 00 38 09 FE 0D'],
  ['28 done', 'EF 00', 'FE FE EF 00 4E AA FE 0D'],
  ['28 code', 'EF 01', 'FE FE EF 01 4E AB FE 0D'],
  ['28 other', 'EF 08', 'FE FE EF 08 4E B2 FE 0D'],
  ['28 force', 'EF 11', 'FE FE EF 11 4E BB FE 0D'],
  ['28 cannot', 'EF 12', 'FE FE EF 12 4E BC FE 0D'],
  ['29 CRC FEFE', '17 80 01 00*5 84 00*8', 'FE FE 17 80 01 00*5 84 00*8 FE F0 FE F0 FE 0D'],
  ['30', '0A FE FE FE F0', 'FE FE 0A FE F0 FE F0 FE F0 F0 78 AE FE 0D'],
  ['31', '0A FE 0D 00 00', 'FE FE 0A FE F0 0D 00 00 75 F2 FE 0D'],
  ['32', 'EE 10 15', 'FE FE EE 10 15 62 FE F0 FE 0D'],
  ['33 end of log', '8C 00*8 06 68 DE 06 68 DE', 'FE FE 8C 00*8 06 68 DE 06 68 DE E9 D1 FE 0D'],
]

describe('frame vectors of the reference', () => {
  test.each(VECTORS)('%s is encoded', (_, body, wire) => {
    const bytes = hex(body)
    expect(toHex(encodeFrame(bytes[0] as number, bytes.subarray(1)))).toBe(toHex(hex(wire)))
  })

  test.each(VECTORS)('%s is decoded, whole and byte by byte', (_, body, wire) => {
    const bytes = hex(body)
    const expected = [{ kind: 'frame', command: bytes[0], payload: bytes.slice(1) }]
    expect(new FrameDecoder().push(hex(wire))).toEqual(expected)
    const decoder = new FrameDecoder()
    expect([...hex(wire)].flatMap((byte) => decoder.push(Uint8Array.of(byte)))).toEqual(expected)
  })

  test('all of them in one segment come out in order', () => {
    const wire = hex(VECTORS.map(([, , frame]) => frame).join(''))
    const items = new FrameDecoder().push(wire)
    expect(items.map((item) => (item.kind === 'frame' ? item.command : item))).toEqual(
      VECTORS.map(([, body]) => hex(body)[0]),
    )
  })
})

describe('check value', () => {
  // The register after each byte, reference 2.2.
  test.each([
    ['EE 01 01', ['D8D0', '4EAD', '6308']],
    ['E0 12 34 FF FF', ['D8C2', '4EDA', '62E1', '3B76', '8A9B']],
  ])('trace of %s', (body, trace) => {
    const bytes = hex(body)
    expect(
      trace.map((_, i) =>
        crc16(bytes.subarray(0, i + 1))
          .toString(16)
          .toUpperCase(),
      ),
    ).toEqual(trace)
  })

  test('nothing gives the start value', () => {
    expect(crc16(new Uint8Array(0))).toBe(0x147a)
  })
})

describe('what must not become a frame', () => {
  test('a bad check value', () => {
    expect(new FrameDecoder().push(hex('FE FE 09 D7 EC FE 0D'))).toEqual([
      { kind: 'discarded', reason: 'bad_crc', bytes: 7, count: 1 },
    ])
  })

  test('an interrupted frame: only the second counts', () => {
    expect(new FrameDecoder().push(hex('FE FE 09 D7 FE FE 1A D7 FC FE 0D'))).toEqual([
      { kind: 'discarded', reason: 'interrupted', bytes: 6, count: 1 },
      { kind: 'frame', command: 0x1a, payload: new Uint8Array(0) },
    ])
  })

  test('an illegal escape synchronises: the next byte is a command', () => {
    expect(new FrameDecoder().push(hex('FE FE 09 FE 55 1A D7 FC FE 0D'))).toEqual([
      { kind: 'discarded', reason: 'illegal_escape', bytes: 5, count: 1 },
      { kind: 'frame', command: 0x1a, payload: new Uint8Array(0) },
    ])
  })

  test('the busy block', () => {
    expect(new FrameDecoder().push(hex('10 42 75 73 79 21 0D 0A A5*8'))).toEqual([
      { kind: 'discarded', reason: 'noise', bytes: 16, count: 1 },
    ])
  })

  test.each(['FE FE FE 0D', 'FE FE 09 FE 0D', 'FE FE 09 D7 FE 0D'])('a body that is too short: %s', (wire) => {
    const [item, ...rest] = new FrameDecoder().push(hex(wire))
    // FE FE FE 0D only lengthens the start: 0D is then a command, not an end.
    if (wire === 'FE FE FE 0D') expect([item, rest]).toEqual([undefined, []])
    else
      expect([item, rest]).toEqual([{ kind: 'discarded', reason: 'too_short', bytes: hex(wire).length, count: 1 }, []])
  })

  test('extra FE before the command are skipped', () => {
    expect(new FrameDecoder().push(hex('FE*9 09 D7 EB FE 0D'))).toEqual([
      { kind: 'frame', command: 9, payload: new Uint8Array(0) },
    ])
  })

  test('F0 and 0D are command candidates right after the start', () => {
    for (const command of [0xf0, 0x0d]) {
      expect(new FrameDecoder().push(encodeFrame(command))).toEqual([
        { kind: 'frame', command, payload: new Uint8Array(0) },
      ])
    }
  })

  test('a single FE is no start', () => {
    expect(new FrameDecoder().push(hex('FE 09 D7 EB FE 0D'))).toEqual([
      { kind: 'discarded', reason: 'noise', bytes: 6, count: 3 },
    ])
  })

  test('64 KiB behind a start mark keep 512 bytes at most, and the next frame is found', () => {
    const decoder = new FrameDecoder()
    decoder.push(hex('FE FE'))
    const items = decoder.push(new Uint8Array(65536).fill(0x55))
    expect(items).toEqual([
      { kind: 'discarded', reason: 'noise', bytes: 65536 - 512, count: 1 },
      { kind: 'discarded', reason: 'overflow', bytes: 2 + 512, count: 1 },
    ])
    expect(decoder.capacity).toBe(512)
    expect(decoder.push(hex('FE FE 09 D7 EB FE 0D'))).toHaveLength(1)
  })

  test('an escaped FE at the limit overflows as well', () => {
    const decoder = new FrameDecoder()
    decoder.push(hex('FE FE 55*512 FE F0'))
    expect(decoder.pendingBytes).toBe(0)
    expect(decoder.push(hex('FE FE 09 D7 EB FE 0D'))).toHaveLength(1)
  })

  test('half a frame, then a reset, then a whole one', () => {
    const decoder = new FrameDecoder()
    expect(decoder.push(hex('FE FE 09 D7'))).toEqual([])
    decoder.reset()
    expect(decoder.push(hex('FE FE 1A D7 FC FE 0D'))).toEqual([
      { kind: 'frame', command: 0x1a, payload: new Uint8Array(0) },
    ])
  })

  test('a frame keeps its payload when the decoder goes on', () => {
    const decoder = new FrameDecoder()
    const [first] = decoder.push(encodeFrame(9, hex('01 02 03 04')))
    decoder.push(encodeFrame(9, hex('FF FF FF FF')))
    expect(first).toEqual({ kind: 'frame', command: 9, payload: hex('01 02 03 04') })
  })
})

describe('what cannot be framed', () => {
  test.each([-1, 256, 1.5, 0xfe])('command %s', (command) => {
    expect(() => encodeFrame(command)).toThrow(RangeError)
  })
  test('a payload no receiver takes', () => {
    expect(() => encodeFrame(9, new Uint8Array(510))).toThrow(RangeError)
    expect(new FrameDecoder().push(encodeFrame(9, new Uint8Array(509)))).toHaveLength(1)
  })
})
