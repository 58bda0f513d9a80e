/** Numbers 1..256 travel in one byte, 256 as 00 (reference 4.3, 4.8). */
export function encodeObjectNumber(number: number): number {
  if (!Number.isInteger(number) || number < 1 || number > 256) throw new RangeError(`number ${number} is not 1..256`)
  return number & 0xff
}

export function decodeObjectNumber(byte: number): number {
  return byte === 0 ? 256 : byte
}

/** Answer to 0x7D. */
export interface ZoneTemperature {
  readonly zone: number
  /** Degrees Celsius in steps of 0.5, undefined while the panel does not know. */
  readonly celsius: number | undefined
}

export function decodeZoneTemperature(payload: Uint8Array): ZoneTemperature | undefined {
  if (payload.length !== 3) return undefined
  const raw = ((payload[1] as number) << 8) | (payload[2] as number)
  return {
    zone: decodeObjectNumber(payload[0] as number),
    celsius: raw === 0xffff ? undefined : raw * 0.5 - 55,
  }
}

export function encodeZoneTemperature(temperature: ZoneTemperature): Uint8Array {
  const raw = temperature.celsius === undefined ? 0xffff : Math.round((temperature.celsius + 55) * 2)
  return Uint8Array.of(encodeObjectNumber(temperature.zone), (raw >> 8) & 0xff, raw & 0xff)
}

/** Answer to 0x7B; the unit is assumed, one source only. */
export interface OutputPower {
  readonly output: number
  readonly watts: number
}

export function decodeOutputPower(payload: Uint8Array): OutputPower | undefined {
  if (payload.length !== 3) return undefined
  const raw = ((payload[1] as number) << 8) | (payload[2] as number)
  return { output: decodeObjectNumber(payload[0] as number), watts: raw / 10 }
}

export function encodeOutputPower(power: OutputPower): Uint8Array {
  const raw = Math.round(power.watts * 10)
  return Uint8Array.of(encodeObjectNumber(power.output), (raw >> 8) & 0xff, raw & 0xff)
}
