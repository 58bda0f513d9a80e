/** Live state of panels: volatile, rebuildable, always with its age. Source: spec 03, 04 "Live state". */
import { z } from 'zod'
import { Instant, Sequence, Text, Uuid } from './vocabulary.ts'

export const PanelConnection = z.enum(['CONNECTED', 'RECONNECTING', 'DISCONNECTED', 'BUSY', 'RELEASED', 'UNKNOWN'])
export type PanelConnection = z.infer<typeof PanelConnection>

/** Display state of a partition, derived per protocol reference 4.1. */
export const PartitionState = z.enum([
  'DISARMED',
  'ARMED_FULL',
  'ARMED_STAY',
  'ARMED_AWAY',
  'ARMED_MODE_1',
  'EXIT_DELAY',
  'ENTRY_DELAY',
  'ALARM',
  'FIRE_ALARM',
  'UNKNOWN',
])
export type PartitionState = z.infer<typeof PartitionState>

/** Numbers of the objects for which the bit is set. Zones 1..256, partitions 1..32, outputs 1..256. */
export const PanelBits = z.object({
  zones_violated: z.array(z.int()),
  zones_tampered: z.array(z.int()),
  zones_alarm: z.array(z.int()),
  zones_tamper_alarm: z.array(z.int()),
  zones_alarm_memory: z.array(z.int()),
  zones_bypassed: z.array(z.int()),
  zones_isolated: z.array(z.int()),
  zones_masked: z.array(z.int()),
  partitions_armed: z.array(z.int()),
  partitions_armed_mode1: z.array(z.int()),
  partitions_armed_mode2: z.array(z.int()),
  partitions_armed_mode3: z.array(z.int()),
  partitions_entry_delay: z.array(z.int()),
  partitions_exit_delay: z.array(z.int()),
  partitions_alarm: z.array(z.int()),
  partitions_fire_alarm: z.array(z.int()),
  partitions_alarm_memory: z.array(z.int()),
  partitions_blocked: z.array(z.int()),
  outputs_on: z.array(z.int()),
})
export type PanelBits = z.infer<typeof PanelBits>

export const LiveTrouble = z.object({ key: z.string(), text: Text, object: z.string().nullable() })

export const PanelIdentity = z.object({
  model: z.string(),
  firmware: z.string(),
  module_version: z.string().nullable(),
  encrypted: z.boolean(),
  push: z.boolean(),
})
export type PanelIdentity = z.infer<typeof PanelIdentity>

/** Everything known of a panel now. `bits` null = UNKNOWN (never "fine"). */
export const PanelLive = z
  .object({
    panel_id: Uuid,
    epoch: Sequence,
    /** Grows with every change within an epoch; an older pair (epoch, version) never overwrites a newer. */
    version: Sequence,
    connection: PanelConnection,
    connection_detail: Text.nullable(),
    connection_since: Instant.nullable(),
    worker_id: z.string().nullable(),
    last_contact_at: Instant.nullable(),
    updated_at: Instant.nullable(),
    identity: PanelIdentity.nullable(),
    clock_drift_ms: z.number().nullable(),
    service_mode: z.boolean().nullable(),
    bits: PanelBits.nullable(),
    troubles: z.array(LiveTrouble).nullable(),
  })
  .meta({ id: 'PanelLive' })
export type PanelLive = z.infer<typeof PanelLive>
