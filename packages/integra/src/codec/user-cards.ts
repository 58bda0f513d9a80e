import { copyBytes } from './copy-bytes.ts'

/** Cards and key fobs, command E8: an ASCII function byte selects what is read or written (reference 4.7). */
export const CARD_FUNCTION = {
  list: 0x30,
  readCard: 0x31,
  writeCard: 0x32,
  readDallas: 0x33,
  writeDallas: 0x34,
  readRxFob: 0x37,
  writeRxFob: 0x38,
  readAbaxFob: 0x39,
  /** The letter A; "41" in the descriptions is a misprint for 0x41. */
  writeAbaxFob: 0x41,
} as const
export type CardFunction = keyof typeof CARD_FUNCTION

/** Data bytes behind function and user number, of a write request and of the answer to a read. */
const DATA_BYTES: Readonly<Record<Exclude<CardFunction, 'list'>, number>> = {
  readCard: 5,
  writeCard: 5,
  readDallas: 6,
  writeDallas: 6,
  readRxFob: 11,
  writeRxFob: 11,
  readAbaxFob: 11,
  writeAbaxFob: 11,
}
const LIST_MASK_BYTES = 31

export type CardRequest =
  | { readonly function: 'list' }
  | { readonly function: 'readCard' | 'readDallas' | 'readRxFob' | 'readAbaxFob'; readonly user: number }
  | {
      readonly function: 'writeCard' | 'writeDallas' | 'writeRxFob' | 'writeAbaxFob'
      readonly user: number
      readonly data: Uint8Array
    }

export type CardAnswer =
  | { readonly kind: 'list'; readonly cards: Uint8Array; readonly dallas: Uint8Array }
  | { readonly kind: 'data'; readonly function: CardFunction; readonly user: number; readonly data: Uint8Array }
  /** Of a write, or an error: 00 ok, 01 code unknown, 02 no rights, 08 unknown function, 8x other. */
  | { readonly kind: 'result'; readonly function: number; readonly user: number; readonly result: number }

const byNumber = new Map<number, CardFunction>(
  (Object.entries(CARD_FUNCTION) as [CardFunction, number][]).map(([name, number]) => [number, name]),
)

function isWrite(name: CardFunction): boolean {
  return name.startsWith('write')
}

/** The bytes behind the code field. @throws RangeError when `data` does not have the length of its function */
export function encodeCardRequest(request: CardRequest): Uint8Array {
  const number = CARD_FUNCTION[request.function]
  if (request.function === 'list') return Uint8Array.of(number)
  if (!('data' in request)) return Uint8Array.of(number, request.user)
  if (request.data.length !== DATA_BYTES[request.function]) {
    throw new RangeError(`${request.function} takes ${DATA_BYTES[request.function]} bytes`)
  }
  return Uint8Array.of(number, request.user, ...request.data)
}

export function decodeCardRequest(field: Uint8Array): CardRequest | undefined {
  const name = byNumber.get(field[0] ?? 0)
  if (name === undefined) return undefined
  if (name === 'list') return field.length === 1 ? { function: 'list' } : undefined
  const bytes = isWrite(name) ? DATA_BYTES[name] : 0
  if (field.length !== 2 + bytes) return undefined
  const user = field[1] as number
  return isWrite(name)
    ? ({ function: name, user, data: copyBytes(field, 2) } as CardRequest)
    : ({ function: name, user } as CardRequest)
}

export function encodeCardAnswer(answer: CardAnswer): Uint8Array {
  if (answer.kind === 'list') return Uint8Array.of(CARD_FUNCTION.list, ...answer.cards, ...answer.dallas)
  if (answer.kind === 'data') return Uint8Array.of(CARD_FUNCTION[answer.function], answer.user, ...answer.data)
  return Uint8Array.of(0x3f, answer.function, answer.user, answer.result)
}

export function decodeCardAnswer(payload: Uint8Array): CardAnswer | undefined {
  const b = (i: number) => payload[i] ?? 0
  if (b(0) === 0x3f) {
    return payload.length === 4 ? { kind: 'result', function: b(1), user: b(2), result: b(3) } : undefined
  }
  const name = byNumber.get(b(0))
  if (name === undefined || isWrite(name)) return undefined
  if (name === 'list') {
    if (payload.length !== 1 + LIST_MASK_BYTES * 2) return undefined
    return {
      kind: 'list',
      cards: copyBytes(payload, 1, 1 + LIST_MASK_BYTES),
      dallas: copyBytes(payload, 1 + LIST_MASK_BYTES),
    }
  }
  if (payload.length !== 2 + DATA_BYTES[name]) return undefined
  return { kind: 'data', function: name, user: b(1), data: copyBytes(payload, 2) }
}

/** Key fob of either radio system: serial, zones its six keys violate, and which keys act silently. */
export interface KeyFob {
  readonly system: 'rx' | 'abax'
  /** 28 bits (RX) or 20 bits (ABAX). */
  readonly serial: number
  /** Six zone numbers, 0 for none. */
  readonly zones: readonly number[]
  readonly silentKeys: number
  /** ABAX only. */
  readonly acknowledge: number
}

export function decodeKeyFob(system: 'rx' | 'abax', data: Uint8Array): KeyFob | undefined {
  if (data.length !== 11) return undefined
  const serialBytes = system === 'rx' ? 4 : 3
  let serial = 0
  for (let i = 0; i < serialBytes; i++) serial = serial * 256 + (data[i] as number)
  return {
    system,
    serial,
    zones: [...data.subarray(serialBytes, serialBytes + 6)],
    silentKeys: data[serialBytes + 6] as number,
    acknowledge: system === 'abax' ? (data[10] as number) : 0,
  }
}

export function encodeKeyFob(fob: KeyFob): Uint8Array {
  const serialBytes = fob.system === 'rx' ? 4 : 3
  const data = new Uint8Array(11)
  for (let i = 0; i < serialBytes; i++) data[serialBytes - 1 - i] = Math.trunc(fob.serial / 256 ** i) & 0xff
  for (let i = 0; i < 6; i++) data[serialBytes + i] = fob.zones[i] ?? 0
  data[serialBytes + 6] = fob.silentKeys
  if (fob.system === 'abax') data[10] = fob.acknowledge
  return data
}
