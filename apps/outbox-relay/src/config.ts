/** Every setting of the relay: unit in the name, range, default, a sentence. Parsed once; see runtime `loadConfig`. */
import { featureFields, haProblems, secretField, uuidv7 } from '@stam/runtime'
import { z } from 'zod'

const DAY_MS = 24 * 60 * 60 * 1000

export const RelayConfig = z.object({
  instanceId: z
    .string()
    .min(1)
    .max(80)
    .default(() => `outbox-relay-${uuidv7().slice(-12)}`)
    .describe('Name of this instance in logs and in the list of components.'),
  pollIntervalMs: z
    .number()
    .int()
    .min(10)
    .max(10_000)
    .default(100)
    .describe('How often PostgreSQL is looked at when no notification comes.'),
  batchSize: z.number().int().min(1).max(5_000).default(500).describe('Messages numbered and published at once.'),
  batchesInFlight: z
    .number()
    .int()
    .min(1)
    .max(64)
    .default(4)
    .describe('Batches waiting for the confirm of the broker; beyond it messages are numbered and published later.'),
  leaseMs: z
    .number()
    .int()
    .min(1_000)
    .max(60_000)
    .default(10_000)
    .describe(
      'Time a relay has to publish what it took; afterwards any relay may. Longer than the confirm time-out of the broker.',
    ),
  markIntervalMs: z
    .number()
    .int()
    .min(0)
    .max(5_000)
    .default(200)
    .describe('Confirmed messages are marked together this often; what is not marked at a crash is published again.'),
  keepMs: z
    .number()
    .int()
    .min(2 * 60 * 60 * 1000)
    .max(365 * DAY_MS)
    .default(7 * DAY_MS)
    .describe('Published messages are removed after this time; clients can catch up no further back.'),
  pruneIntervalMs: z.number().int().min(1_000).max(DAY_MS).default(600_000).describe('How often they are removed.'),
})
export type RelayConfig = z.output<typeof RelayConfig>

/** The relay as a process of its own: also where everything else is. */
const ProcessFields = z.object({
  ...RelayConfig.shape,
  ...featureFields,
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('Least severe lines to write.'),
  healthPort: z.number().int().min(0).max(65_535).default(9081).describe('Port of /healthz, /readyz and /metrics.'),
  healthHost: z
    .string()
    .default('127.0.0.1')
    .describe('Address of the health port; the internal network, never the public one.'),
  databaseUrl: secretField().describe('postgres:// URL, through the pooler where there is one.'),
  databaseDirectUrl: secretField().optional().describe('postgres:// URL around the pooler, for LISTEN.'),
  databasePoolSize: z.number().int().min(2).max(50).default(4).describe('Connections to PostgreSQL.'),
  redisHosts: z
    .array(z.string().regex(/^[^:\s]+:\d{1,5}$/))
    .default([])
    .describe(
      'host:port of the live store, where relays say that they live; with redisMasterName, of its sentinels. Empty = none.',
    ),
  redisMasterName: z.string().optional().describe('Name of the master the sentinels watch; unset = a single server.'),
  redisPassword: secretField().optional().describe('Password of the live store.'),
  rabbitmqHosts: z.array(z.string()).min(1).default(['127.0.0.1:5672']).describe('host:port of every broker node.'),
  rabbitmqVhost: z.string().default('/').describe('Virtual host of the broker.'),
  rabbitmqUsername: z.string().default('stam').describe('User of the broker.'),
  rabbitmqPassword: secretField().describe('Password of the broker user.'),
  rabbitmqQueueType: z
    .enum(['classic', 'quorum'])
    .default('classic')
    .describe('quorum on a cluster, classic on a single node.'),
})
export const ProcessConfig = ProcessFields.superRefine((config, context) => {
  const hasSentinels = config.redisHosts.length > 0 && config.redisMasterName !== undefined
  for (const message of haProblems(config, hasSentinels))
    context.addIssue({ code: 'custom', path: ['featureHaEnabled'], message })
})
export type ProcessConfig = z.output<typeof ProcessConfig>
