/** The switches of spec 00 "Feature flags": `FEATURE_…_ENABLED` in the flags file or the environment; a change needs a restart. */
import { z } from 'zod'
import type { Log } from './log.ts'
import type { Readiness } from './readiness.ts'
import type { Running } from './run-app.ts'

/** A switch of something this version has not got: refused when on, so that nobody relies on it. */
const notYet = (what: string) =>
  z
    .boolean()
    .refine((on) => !on, `this version has no ${what}; leave it off`)
    .default(false)
    .describe(`Switches on ${what}; not in this version.`)

/** To be spread into the configuration of a process. */
export const featureFields = {
  featureRealtimeEnabled: z
    .boolean()
    .default(true)
    .describe('RabbitMQ, Redis, WebSocket, outbox relay, SATEL worker. Off: REST and PostgreSQL alone.'),
  featurePushEnabled: notYet('push notifications and device registry'),
  featureSmsEnabled: notYet('SMS agent and temperature alarms'),
  featureArmDisarmEnabled: notYet('panel commands and automatic arming'),
  featureHaEnabled: z
    .boolean()
    .default(false)
    .describe('Several nodes of everything: refuses to start on a single Redis or on queues of a single broker.'),
} as const

export interface FeatureSettings {
  readonly featureRealtimeEnabled: boolean
  readonly featurePushEnabled: boolean
  readonly featureSmsEnabled: boolean
  readonly featureArmDisarmEnabled: boolean
  readonly featureHaEnabled: boolean
}

export function featuresOf(settings: FeatureSettings) {
  return {
    realtime: settings.featureRealtimeEnabled,
    push: settings.featurePushEnabled,
    sms: settings.featureSmsEnabled,
    arm_disarm: settings.featureArmDisarmEnabled,
    ha: settings.featureHaEnabled,
  }
}

/** What `FEATURE_HA_ENABLED` promises and the rest of the configuration does not keep. */
export function haProblems(
  settings: Pick<FeatureSettings, 'featureHaEnabled'> & { readonly rabbitmqQueueType: 'classic' | 'quorum' },
  hasSentinels: boolean,
): string[] {
  if (!settings.featureHaEnabled) return []
  return [
    ...(hasSentinels ? [] : ['needs Redis sentinels; a single Redis is no high availability']),
    ...(settings.rabbitmqQueueType === 'quorum'
      ? []
      : ['needs RABBITMQ_QUEUE_TYPE=quorum; classic queues live on one node']),
  ]
}

/** A process whose part is switched off: it stays, ready and idle, so that a supervisor does not start it for ever. */
export function switchedOff(
  { log, readiness }: { readonly log: Log; readonly readiness: Readiness },
  flag: string,
  dependencies: readonly string[],
): Running {
  log.warn('switched_off', { flag })
  for (const name of dependencies) readiness.disable(name)
  return { close: async () => {} }
}
