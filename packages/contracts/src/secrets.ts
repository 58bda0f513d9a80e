/** Secrets of sites and panels: kept, listed without their values, and shown for a reason and a minute. Source: spec 05 (secrets), 06 "Secrets". */
import { z } from 'zod'
import { Instant, Uuid } from './vocabulary.ts'

export const secretKinds = [
  'PANEL_INTEGRATION_KEY',
  'PANEL_SERVICE_CODE',
  'PANEL_USER_CODE',
  'RECORDER_PASSWORD',
  'SITE_ACCESS_CODE',
  'OTHER',
] as const
export const SecretKind = z.enum(secretKinds)
export type SecretKind = z.infer<typeof SecretKind>

export const secretClasses = ['HIGHEST', 'HIGH', 'NORMAL'] as const
export type SecretClass = (typeof secretClasses)[number]
/** HIGHEST: whoever knows it and reaches the panel is its master. Showing one raises an incident. */
export const secretClassOf: Readonly<Record<SecretKind, SecretClass>> = {
  PANEL_INTEGRATION_KEY: 'HIGHEST',
  PANEL_SERVICE_CODE: 'HIGHEST',
  PANEL_USER_CODE: 'HIGH',
  RECORDER_PASSWORD: 'HIGH',
  SITE_ACCESS_CODE: 'NORMAL',
  OTHER: 'NORMAL',
}

export const RevealRequest = z.object({ reason: z.string().trim().min(5).max(500) })
/** Shown until `expires_at`, then wiped by whoever shows it. */
export const RevealedSecret = z.object({ value: z.string(), expires_at: Instant }).meta({ id: 'RevealedSecret' })
export type RevealedSecret = z.infer<typeof RevealedSecret>

/** What may be known of a secret without reading it. The integration key of a panel has the panel's id. */
export const SecretRecord = z
  .object({
    id: Uuid,
    version: z.int(),
    site_id: Uuid,
    panel_id: Uuid.nullable(),
    panel_name: z.string().nullable(),
    kind: SecretKind,
    class: z.enum(secretClasses),
    label: z.string(),
    updated_at: Instant,
    updated_by: z.string().nullable(),
  })
  .meta({ id: 'SecretRecord' })
export type SecretRecord = z.infer<typeof SecretRecord>
export const SecretList = z.object({ data: z.array(SecretRecord) }).meta({ id: 'SecretList' })

const label = z.string().trim().min(1).max(100)
const value = z.string().min(1).max(500)
export const CreateSecretRequest = z.object({
  /** An integration key is set with its panel. */
  kind: SecretKind.exclude(['PANEL_INTEGRATION_KEY']),
  label,
  value,
  panel_id: Uuid.nullable().default(null),
})
export type CreateSecretRequest = z.infer<typeof CreateSecretRequest>
export const ReplaceSecretRequest = z.object({
  version: z.int().min(1),
  label: label.optional(),
  value: value.optional(),
})
export type ReplaceSecretRequest = z.infer<typeof ReplaceSecretRequest>
export const RemoveSecretQuery = z.object({ version: z.coerce.number().int().min(1) })
