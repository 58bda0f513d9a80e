/** What comes over a WebSocket: messages of the protocol with odd values, and frames that are none. */
import { hostileBody, hostileNumber, hostileText, hostileValue } from './hostile-values.ts'
import type { Random } from './random.ts'

export const OPCODES = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

/** One frame as a client sends it: masked, unless told otherwise (RFC 6455, 5.2). */
export function frame(
  opcode: number,
  payload: Buffer,
  options: { fin?: boolean; rsv?: number; masked?: boolean; length?: bigint } = {},
): Buffer {
  const { fin = true, rsv = 0, masked = true, length = BigInt(payload.length) } = options
  const head = [(fin ? 0x80 : 0) | (rsv << 4) | opcode]
  const maskBit = masked ? 0x80 : 0
  if (length < 126n) head.push(maskBit | Number(length))
  else if (length < 65_536n) head.push(maskBit | 126, Number(length >> 8n), Number(length & 255n))
  else head.push(maskBit | 127, ...Array.from({ length: 8 }, (_, n) => Number((length >> BigInt(56 - 8 * n)) & 255n)))
  if (!masked) return Buffer.concat([Buffer.from(head), payload])
  const mask = [0x12, 0x34, 0x56, 0x78] as const
  const body = Buffer.from(payload)
  for (let n = 0; n < body.length; n++) body[n] = (body[n] as number) ^ (mask[n % 4] as number)
  return Buffer.concat([Buffer.from(head), Buffer.from(mask), body])
}

export const textFrame = (text: string): Buffer => frame(OPCODES.text, Buffer.from(text))

const LARGEST_MESSAGE = 16_384

export interface SocketTalk {
  readonly frames: readonly Buffer[]
  /** True: the server must answer the ping that follows; false: it may end the connection at any frame. */
  readonly lives: boolean
}

/** A whole connection's worth of messages the server has to live through, or has to end. */
export function socketTalk(random: Random, ids: () => string, tokens: readonly string[]): SocketTalk {
  if (random.chance(0.12)) return { frames: brokenFrames(random), lives: false }
  if (random.chance(0.03))
    return { frames: Array.from({ length: 100 + random.below(200) }, () => valid(random, ids)), lives: false }
  const frames = Array.from({ length: 40 + random.below(16) }, () => valid(random, ids))
  // A third unknown message ends the connection; a foreign token does at once.
  for (let n = random.below(3); n > 0; n--) frames[random.below(frames.length)] = unknown(random)
  if (random.chance(0.1)) {
    frames.push(
      textFrame(
        JSON.stringify({
          type: 'auth',
          access_token: random.pick([...tokens, 'x', '', hostileText(random).slice(0, 4_000)]),
        }),
      ),
    )
    return { frames, lives: false }
  }
  return { frames, lives: true }
}

const panelChannel = (id: string): string => ['panel', id].join(':')

function valid(random: Random, ids: () => string): Buffer {
  const channels = () =>
    Array.from({ length: random.below(random.chance(0.1) ? 51 : 5) }, () =>
      random.pick(['alarms', 'panels', 'system', panelChannel(ids()), panelChannel('-'.repeat(36))]),
    )
  const roll = random.unit()
  if (roll < 0.25)
    return inPieces(random, JSON.stringify({ type: 'ping', id: random.pick([0, 1, 9_007_199_254_740_991]) }))
  if (roll < 0.6) return inPieces(random, JSON.stringify({ type: 'subscribe', channels: channels() }))
  if (roll < 0.64) return textFrame(JSON.stringify({ type: 'replay_request', last_sequence_id: random.below(200) }))
  const far = random.pick([9_007_199_254_740_991, 4_294_967_296, 2_147_483_648, 1_000_000_000, 5_000_000])
  if (roll < 0.85) return textFrame(JSON.stringify({ type: 'replay_request', last_sequence_id: far }))
  if (roll < 0.93) return frame(OPCODES.ping, random.bytes(random.below(126)))
  return frame(OPCODES.pong, random.bytes(random.below(126)))
}

/** A text as several frames, with a ping between them, which is allowed. */
function inPieces(random: Random, text: string): Buffer {
  if (!random.chance(0.1)) return textFrame(text)
  const bytes = Buffer.from(text)
  const at = random.below(bytes.length)
  return Buffer.concat([
    frame(OPCODES.text, bytes.subarray(0, at), { fin: false }),
    frame(OPCODES.ping, Buffer.alloc(0)),
    frame(OPCODES.continuation, bytes.subarray(at)),
  ])
}

/** Small enough to be read: a larger one ends the connection, whatever it says. */
function unknown(random: Random): Buffer {
  const made = unknownOfAnySize(random)
  return made.length < LARGEST_MESSAGE ? made : textFrame('{"type":"unknown"}')
}

function unknownOfAnySize(random: Random): Buffer {
  switch (random.below(6)) {
    case 0:
      return textFrame(
        JSON.stringify({
          type: 'replay_request',
          last_sequence_id: random.pick([-1, 0.5, '1', null, [], 1e308, hostileNumber(random) + 0.5]),
        }),
      )
    case 1:
      return textFrame(JSON.stringify({ type: 'subscribe', channels: hostileValue(random) }))
    case 2:
      return textFrame(JSON.stringify({ type: hostileText(random).slice(0, 100), data: hostileValue(random) }))
    case 3:
      return textFrame('['.repeat(1 + random.below(15_000)))
    case 4:
      return textFrame(`{"type":"subscribe","channels":[${'"alarms",'.repeat(1_000)}"alarms"]}`)
    default:
      return textFrame(hostileBody(random).toString('utf8').slice(0, 8_000).toWellFormed())
  }
}

function brokenFrames(random: Random): Buffer[] {
  const some = random.bytes(random.below(200))
  switch (random.below(14)) {
    case 0:
      return [random.bytes(1 + random.below(500))]
    case 1:
      return [frame(3 + random.below(5), some)]
    case 2:
      return [frame(11 + random.below(5), some)]
    case 3:
      return [frame(OPCODES.text, some, { rsv: 1 + random.below(7) })]
    case 4:
      return [frame(OPCODES.text, Buffer.from('{"type":"ping"}'), { masked: false })]
    case 5:
      return [frame(OPCODES.text, some, { length: 0x7fff_ffff_ffff_ffffn })]
    case 6:
      return [frame(OPCODES.text, Buffer.alloc(random.pick([16_384, 16_385, 70_000]), 0x20))]
    case 7:
      return [frame(OPCODES.text, Buffer.from([0xff, 0xfe, 0xc0, 0x80]))]
    case 8:
      return [frame(OPCODES.continuation, some)]
    case 9:
      return Array.from({ length: 400 }, (_, n) =>
        frame(n === 0 ? OPCODES.text : OPCODES.continuation, Buffer.alloc(60, 0x20), { fin: false }),
      )
    case 10:
      return [frame(OPCODES.ping, Buffer.alloc(126))]
    case 11:
      return [
        frame(
          OPCODES.close,
          Buffer.from([[0x03, 0xec], [0x00, 0x00], [0x03], [0x13, 0x87, 0xff]][random.below(4)] as number[]),
        ),
      ]
    case 12:
      return [frame(OPCODES.binary, random.bytes(random.below(2_000)))]
    default:
      return [frame(OPCODES.text, some, { fin: false }), frame(OPCODES.text, some)]
  }
}
