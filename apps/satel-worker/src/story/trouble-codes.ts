import type { Trouble, TroubleName } from '@stam/integra'

/** First source number of expanders and keypads in an event record (reference 5.2). */
const EXPANDER = 129
const KEYPAD = 193

/**
 * The event code under which the panel records a trouble of its bitmaps (reference 4.4 and 5.4), where the pairing is
 * beyond doubt. With it a trouble told by bits and its record in the memory are one signal.
 */
const CODES: Partial<Record<TroubleName, number>> = {
  acLoss: 301,
  batteryLow: 302,
  expanderAcLoss: 301,
  expanderBatteryLow: 302,
  expanderNoCommunication: 300,
  keypadNoCommunication: 300,
  noNetworkCable: 78,
  radioNoCommunication: 381,
  radioBatteryLow: 384,
}

export function troubleCode(trouble: Trouble): { readonly code: number; readonly number: number } | undefined {
  const code = CODES[trouble.name]
  if (code === undefined) return undefined
  if (trouble.source === 'expander') return { code, number: EXPANDER + trouble.number }
  if (trouble.source === 'keypad') return { code, number: KEYPAD + trouble.number }
  return { code, number: trouble.number }
}
