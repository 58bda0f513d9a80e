/**
 * Texts of the panel are single-byte, in the code page of the panel's language; windows-1250 is right for Polish and
 * is what nearly every program assumes (reference 4.3).
 */
export type CodePage =
  | 'windows-1250'
  | 'windows-1251'
  | 'windows-1252'
  | 'windows-1253'
  | 'windows-1254'
  | 'windows-1257'

const decoders = new Map<CodePage, InstanceType<typeof TextDecoder>>()
const encoderTables = new Map<CodePage, Map<string, number>>()

function decoderFor(codePage: CodePage): InstanceType<typeof TextDecoder> {
  let decoder = decoders.get(codePage)
  if (decoder === undefined) {
    decoder = new TextDecoder(codePage)
    decoders.set(codePage, decoder)
  }
  return decoder
}

/** The platform can only decode these pages, so the way back is the decoded table turned round. */
function encoderTableFor(codePage: CodePage): Map<string, number> {
  let table = encoderTables.get(codePage)
  if (table === undefined) {
    table = new Map()
    const decoder = decoderFor(codePage)
    for (let byte = 255; byte >= 0; byte--) table.set(decoder.decode(Uint8Array.of(byte)), byte)
    encoderTables.set(codePage, table)
  }
  return table
}

/** Text of a fixed-width field as it stands, trailing spaces and zero bytes removed. */
export function decodeText(field: Uint8Array, codePage: CodePage = 'windows-1250'): string {
  let length = field.length
  while (length > 0 && (field[length - 1] === 0x20 || field[length - 1] === 0)) length--
  return decoderFor(codePage).decode(field.subarray(0, length))
}

/** Fixed-width field, padded with spaces, cut to `length`; a letter the page lacks becomes `?`. */
export function encodeText(text: string, length: number, codePage: CodePage = 'windows-1250'): Uint8Array {
  const table = encoderTableFor(codePage)
  const field = new Uint8Array(length).fill(0x20)
  let at = 0
  for (const letter of text.normalize('NFC')) {
    if (at === length) break
    field[at++] = table.get(letter) ?? 0x3f
  }
  return field
}

export const NAME_BYTES = 16

/** A 16-byte name field. */
export function decodeName(field: Uint8Array, codePage: CodePage = 'windows-1250'): string {
  return decodeText(field, codePage)
}

export function encodeName(name: string, codePage: CodePage = 'windows-1250'): Uint8Array {
  return encodeText(name, NAME_BYTES, codePage)
}
