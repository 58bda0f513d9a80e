/** Version text as the protocol carries it: `VvvYYYYMMDD`. */
export interface VersionText {
  /** `1.23` */
  readonly version: string
  /** `2012-05-27` */
  readonly date: string
}

/** The eleven ASCII digits, or undefined when they are none. */
export function decodeVersionText(field: Uint8Array): VersionText | undefined {
  const text = String.fromCharCode(...field.subarray(0, 11))
  if (!/^[0-9]{11}$/.test(text)) return undefined
  return {
    version: `${text.slice(0, 1)}.${text.slice(1, 3)}`,
    date: `${text.slice(3, 7)}-${text.slice(7, 9)}-${text.slice(9, 11)}`,
  }
}

/** @throws RangeError when version or date do not have the shape of {@link VersionText} */
export function encodeVersionText(text: VersionText): Uint8Array {
  const digits = text.version.replace('.', '') + text.date.replaceAll('-', '')
  if (!/^[0-9]{11}$/.test(digits)) throw new RangeError('a version is written 1.23 and its date 2012-05-27')
  return Uint8Array.from(digits, (digit) => digit.charCodeAt(0))
}

/** Answer to 0x7E (reference 4.3). */
export interface PanelVersion extends VersionText {
  readonly typeCode: number
  readonly language: number
  /** Settings are stored in flash memory. */
  readonly inFlash: boolean
}

export const PANEL_VERSION_BYTES = 14

export function decodePanelVersion(payload: Uint8Array): PanelVersion | undefined {
  if (payload.length !== PANEL_VERSION_BYTES) return undefined
  const text = decodeVersionText(payload.subarray(1, 12))
  if (text === undefined) return undefined
  return { typeCode: payload[0] as number, ...text, language: payload[12] as number, inFlash: payload[13] === 0xff }
}

export function encodePanelVersion(version: PanelVersion): Uint8Array {
  const text = encodeVersionText(version)
  return Uint8Array.of(version.typeCode, ...text, version.language, version.inFlash ? 0xff : 0)
}

/** Answer to 0x7C: version and capabilities of the module. */
export interface ModuleVersion extends VersionText {
  readonly capabilities: ModuleCapabilities
}

export interface ModuleCapabilities {
  /** .0: zone and output data for 256 objects. */
  readonly wideData: boolean
  /** .1: trouble part 8 and the 7-byte forms of 0x7F. */
  readonly part8: boolean
  /** .2: arming commands accept an option byte. */
  readonly armOptions: boolean
}

/** What a module without 0x7C can do. */
export const NO_CAPABILITIES: ModuleCapabilities = { wideData: false, part8: false, armOptions: false }

export const MODULE_VERSION_BYTES = 12

export function decodeModuleVersion(payload: Uint8Array): ModuleVersion | undefined {
  if (payload.length !== MODULE_VERSION_BYTES) return undefined
  const text = decodeVersionText(payload)
  if (text === undefined) return undefined
  const bits = payload[11] as number
  return {
    ...text,
    capabilities: { wideData: (bits & 1) !== 0, part8: (bits & 2) !== 0, armOptions: (bits & 4) !== 0 },
  }
}

export function encodeModuleVersion(version: ModuleVersion): Uint8Array {
  const { wideData, part8, armOptions } = version.capabilities
  const bits = (wideData ? 1 : 0) | (part8 ? 2 : 0) | (armOptions ? 4 : 0)
  return Uint8Array.of(...encodeVersionText(version), bits)
}
