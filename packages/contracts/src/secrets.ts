/** Timed reveal of secrets. Source: spec 05 (secrets), 06 "Secrets". */
import { z } from 'zod'
import { Instant } from './vocabulary.ts'

export const RevealRequest = z.object({ reason: z.string().trim().min(5).max(500) })
/** Shown until `expires_at`, then wiped by whoever shows it. */
export const RevealedSecret = z.object({ value: z.string(), expires_at: Instant }).meta({ id: 'RevealedSecret' })
export type RevealedSecret = z.infer<typeof RevealedSecret>
