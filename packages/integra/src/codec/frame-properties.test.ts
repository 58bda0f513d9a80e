import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type DecodedFrame, type DecodedItem, encodeFrame, FrameDecoder } from './frame.ts'
import { PduCipher, PduDecoder, PduSession } from './pdu.ts'

const command = fc.integer({ min: 0, max: 0xff }).filter((value) => value !== 0xfe)
/** FE, F0 and 0D more often than chance would have them. */
const byte = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0xfe, 0xf0, 0x0d))
const payload = fc.array(byte, { maxLength: 70 }).map((bytes) => Uint8Array.from(bytes))
const frame = fc.record({ command, payload })
/** Between frames anything but FE is noise that costs no frame. */
const noise = fc.array(
  byte.filter((value) => value !== 0xfe),
  { maxLength: 8 },
)

function inPieces(wire: readonly number[], cuts: readonly number[]): Uint8Array[] {
  const at = [...new Set(cuts.map((cut) => cut % (wire.length + 1)))].sort((a, b) => a - b)
  return [...at, wire.length].map((end, i) => Uint8Array.from(wire.slice(i === 0 ? 0 : at[i - 1], end)))
}

function framesOf(items: readonly DecodedItem[]): { command: number; payload: Uint8Array }[] {
  return items
    .filter((item): item is DecodedFrame => item.kind === 'frame')
    .map((item) => ({ command: item.command, payload: item.payload }))
}

describe('frames', () => {
  test('any frames, with noise between, in any split, come out as they went in', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(noise, frame), { maxLength: 6 }),
        fc.array(fc.nat(), { maxLength: 8 }),
        (sent, cuts) => {
          const wire = sent.flatMap(([before, it]) => [...before, ...encodeFrame(it.command, it.payload)])
          const decoder = new FrameDecoder()
          const items = inPieces(wire, cuts).flatMap((piece) => decoder.push(piece))
          expect(framesOf(items)).toEqual(sent.map(([, it]) => it))
          const lost = items.reduce((sum, item) => sum + (item.kind === 'discarded' ? item.bytes : 0), 0)
          expect(lost).toBe(sent.reduce((sum, [before]) => sum + before.length, 0))
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('a frame contains its end mark only at its end, and FE only stuffed', () => {
    fc.assert(
      fc.property(frame, (it) => {
        const wire = [...encodeFrame(it.command, it.payload)]
        const inside = wire.slice(2, -2)
        expect([wire.slice(0, 2), wire.slice(-2)]).toEqual([
          [0xfe, 0xfe],
          [0xfe, 0x0d],
        ])
        inside.forEach((value, i) => {
          if (value === 0xfe) expect(inside[i + 1]).toBe(0xf0)
        })
      }),
    )
  })

  test('no single flipped byte of a captured answer goes unnoticed', () => {
    const sound = encodeFrame(0x1a, Uint8Array.of(0x20, 0x26, 0x04, 0x23, 0x08, 0x24, 0x00, 0x03, 0x01))
    for (let at = 0; at < sound.length; at++) {
      for (let flip = 1; flip < 256; flip++) {
        const wire = sound.slice()
        wire[at] = (wire[at] as number) ^ flip
        expect(framesOf(new FrameDecoder().push(wire))).toEqual([])
      }
    }
  })
})

describe('PDUs', () => {
  const cipher = new PduCipher('INTEGRAKEY12')

  test('any frames, in any split, come out as they went in, echoes included', () => {
    fc.assert(
      fc.property(
        fc.array(frame, { minLength: 1, maxLength: 5 }),
        fc.array(fc.nat(), { maxLength: 8 }),
        (sent, cuts) => {
          const client = new PduSession(cipher, { ids: 5, random: () => 0 })
          const wire = sent.flatMap((it) => [...client.seal(encodeFrame(it.command, it.payload))])
          const pdus = new PduDecoder(cipher)
          const frames = new FrameDecoder()
          const got: DecodedItem[] = []
          let counter = 0
          for (const piece of inPieces(wire, cuts)) {
            for (const item of pdus.push(piece)) {
              if (item.kind !== 'pdu') throw new Error('lost')
              expect(item.pdu.counter).toBe(counter++)
              got.push(...frames.push(item.pdu.frame))
            }
          }
          expect(got).toEqual(sent.map((it) => ({ kind: 'frame', ...it })))
        },
      ),
      { numRuns: 500 },
    )
  })
})
