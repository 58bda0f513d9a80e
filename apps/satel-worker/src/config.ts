/** Every setting of the worker: unit in the name, range, default, a sentence. Parsed once; see runtime `loadConfig`. */
import { featureFields, haProblems, secretField, uuidv7 } from '@stam/runtime'
import { z } from 'zod'

const ms = (fallback: number, min: number, max: number, about: string) =>
  z.number().int().min(min).max(max).default(fallback).describe(about)

export const WorkerConfig = z.object({
  instanceId: z
    .string()
    .min(1)
    .max(80)
    .default(() => `satel-worker-${uuidv7().slice(-12)}`)
    .describe('Name of this instance in events, logs and the list of owners.'),
  dataFolder: z.string().min(1).default('data/satel-worker').describe('Folder of the spool, on a disk that lasts.'),
  spoolMaxBytes: z
    .number()
    .int()
    .min(65_536)
    .max(10_737_418_240)
    .default(268_435_456)
    .describe('Largest spool; beyond it events wait in memory only.'),
  pollIntervalMs: ms(1_000, 10, 60_000, 'Pause between two questions for new data.'),
  fullReadIntervalMs: ms(300_000, 1_000, 3_600_000, 'Pause between two complete reads of a panel.'),
  answerTimeoutMs: ms(3_000, 50, 30_000, 'A panel that does not answer for so long is gone.'),
  push: z
    .enum(['auto', 'never'])
    .default('auto')
    .describe('auto subscribes to changes where the module can push them; never always polls.'),
  keepAliveMs: ms(
    10_000,
    50,
    20_000,
    'Pause between two readings of the clock of panels that are polled; with push it is pollIntervalMs. Modules close after 25 s of silence.',
  ),
  backoffMs: z
    .array(z.coerce.number().int().min(10).max(300_000))
    .min(1)
    .default([1_000, 2_000, 4_000, 8_000, 16_000, 30_000])
    .describe('Waits after the first, second … failed dial; the last one repeats.'),
  busyBackoffMs: ms(5_000, 10, 300_000, 'Shortest wait after a module said that it is busy.'),
  memoryIntervalMs: ms(
    15_000,
    100,
    600_000,
    'The event memory is looked into this often even when nothing hints at it.',
  ),
  memoryWalkLimit: z
    .number()
    .int()
    .min(20)
    .max(100_000)
    .default(5_000)
    .describe('Records walked back at most; what lies deeper is reported as a gap.'),
  settleMs: ms(5_000, 100, 60_000, 'How long a record may follow its bit.'),
  commLossMs: ms(300_000, 200, 3_600_000, 'Without contact for so long a panel raises COMM_LOSS.'),
  commGraceMs: ms(60_000, 0, 3_600_000, 'A new owner tries at least so long before it says so.'),
  driftLimitMs: ms(30_000, 1_000, 3_600_000, 'Error of a panel clock that is reported.'),
  snapshotIntervalMs: ms(60_000, 100, 3_600_000, 'Pause between two snapshots of a panel.'),
  liveRefreshMs: ms(
    4_000,
    100,
    110_000,
    'The last contact with an unchanged panel is told to the live store this often, many panels at once.',
  ),
  reconcileIntervalMs: ms(60_000, 100, 3_600_000, 'What the database has by now is looked at this often.'),
  panelListIntervalMs: ms(5_000, 50, 600_000, 'How often added, changed and removed panels are looked for.'),
  namesAtOnce: z.number().int().min(1).max(500).default(16).describe('Panels whose names are read at the same time.'),
  dialsPerSecond: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(400)
    .describe('Links opened per second at the start, so that thousands do not knock at once.'),
  drainMs: ms(8_000, 0, 13_000, 'Longest wait at shutdown for events to go out; the rest is spooled.'),
})
export type WorkerConfig = z.output<typeof WorkerConfig>
export type WorkerConfigInput = z.input<typeof WorkerConfig>

/** The worker as a process of its own: also where everything else is. */
const ProcessFields = z.object({
  ...WorkerConfig.shape,
  ...featureFields,
  leaseMs: ms(
    30_000,
    3_000,
    300_000,
    "How long a panel stays a worker's that says nothing; shorter = faster take-over, and links closed by shorter outages.",
  ),
  leaseRenewMs: ms(10_000, 500, 100_000, 'Pause between two renewals; a third of leaseMs.'),
  leaseScanMs: ms(5_000, 200, 60_000, 'Pause between two looks for free panels.'),
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('Least severe lines to write.'),
  healthPort: z.number().int().min(0).max(65_535).default(9082).describe('Port of /healthz, /readyz and /metrics.'),
  healthHost: z
    .string()
    .default('127.0.0.1')
    .describe('Address of the health port; the internal network, never the public one.'),
  encryptionKey: secretField({ minLength: 43 })
    .optional()
    .describe('Fernet keys that open the integration keys of panels, comma-separated; needed where panels encrypt.'),
  databaseUrl: secretField().describe('postgres:// URL, through the pooler where there is one.'),
  databasePoolSize: z.number().int().min(2).max(50).default(6).describe('Connections to PostgreSQL.'),
  redisHost: z.string().default('127.0.0.1').describe('Redis server, where there are no sentinels.'),
  redisPort: z.number().int().min(1).max(65_535).default(6379).describe('Its port.'),
  redisSentinels: z.array(z.string()).default([]).describe('host:port of every Redis sentinel.'),
  redisMasterName: z.string().default('stam').describe('Name under which the sentinels know the master.'),
  redisPassword: secretField().optional().describe('Password of Redis.'),
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
  for (const message of haProblems(config, config.redisSentinels.length > 0))
    context.addIssue({ code: 'custom', path: ['featureHaEnabled'], message })
})
export type ProcessConfig = z.output<typeof ProcessConfig>
