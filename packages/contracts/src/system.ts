/** How the system itself is: what the banners and the System page show. Source: spec 04, 08, 10. */
import { z } from 'zod'
import { Instant } from './vocabulary.ts'

export const ComponentName = z.enum(['postgresql', 'redis', 'rabbitmq', 'outbox-relay', 'satel-worker', 'realtime'])
export type ComponentName = z.infer<typeof ComponentName>
export const ComponentStatus = z
  .object({
    name: ComponentName,
    state: z.enum(['up', 'down', 'connecting', 'off']),
    since: Instant,
    error: z.string().nullable(),
  })
  .meta({ id: 'ComponentStatus' })
export type ComponentStatus = z.infer<typeof ComponentStatus>

/** Which parts are switched on (spec 00 "Feature flags"). */
export const Features = z
  .object({ realtime: z.boolean(), push: z.boolean(), sms: z.boolean(), arm_disarm: z.boolean(), ha: z.boolean() })
  .meta({ id: 'Features' })
export type Features = z.infer<typeof Features>

export const SystemStatus = z
  .object({
    mode: z.enum(['normal', 'degraded', 'maintenance']),
    profile: z.enum(['embedded', 'distributed']),
    demo: z.boolean(),
    version: z.string(),
    instance_id: z.string(),
    time: Instant,
    features: Features,
    components: z.array(ComponentStatus),
    panels: z.object({ total: z.int(), connected: z.int(), without_contact: z.int(), without_worker: z.int() }),
    stream_position: z.int(),
    outbox_pending: z.int(),
    /** Messages no consumer could take, waiting for an administrator; null = not known, or not this person's business. */
    dead_letters: z.int().nullable(),
  })
  .meta({ id: 'SystemStatus' })
export type SystemStatus = z.infer<typeof SystemStatus>
