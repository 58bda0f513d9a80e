import { randomBytes, randomInt } from 'node:crypto'
import { generateSigningKey } from '@stam/backend'
import { generateFernetKey } from '@stam/runtime'
import { z } from 'zod'

/** Everything secret of one station, generated at its first start and kept in `secrets.json` (0600). */
export const StationSecrets = z.object({
  database_owner_password: z.string().min(20),
  database_app_password: z.string().min(20),
  jwt_private_key: z.string().startsWith('-----BEGIN PRIVATE KEY-----'),
  encryption_key: z.string().min(43),
  /** Codes and integration keys of the simulated panels, by panel id. */
  panels: z.record(
    z.string(),
    z.object({ integrationKey: z.string().exactOptional(), codes: z.record(z.string(), z.string()) }),
  ),
  /** Passwords the station gave out itself, by e-mail; shown again at every start. */
  passwords: z.record(z.string(), z.string().min(12)),
})
export type StationSecrets = z.output<typeof StationSecrets>

export function generateStationSecrets(): StationSecrets {
  return {
    database_owner_password: randomBytes(24).toString('base64url'),
    database_app_password: randomBytes(24).toString('base64url'),
    jwt_private_key: generateSigningKey(),
    encryption_key: generateFernetKey(),
    panels: {},
    passwords: {},
  }
}

/** Without letters and digits that look alike on paper. */
const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789'

/** Four groups of four, e.g. `hk4m-x7pd-…`: 79 bits, and still typed without looking twice. */
export function generatePassword(): string {
  const group = () => Array.from({ length: 4 }, () => LETTERS[randomInt(LETTERS.length)]).join('')
  return [group(), group(), group(), group()].join('-')
}

/** A code for users of simulated panels. */
export function generatePanelCode(): string {
  return String(randomInt(100_000, 1_000_000))
}
