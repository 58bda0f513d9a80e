/** Every setting of the backend: unit in the name, range, default, a sentence. Parsed once; see runtime `loadConfig`. */
import { isIPv4 } from 'node:net'
import { fileURLToPath } from 'node:url'
import { featureFields, haProblems, secretField, uuidv7 } from '@stam/runtime'
import { z } from 'zod'

const consoleDist = fileURLToPath(new URL('../../console/dist', import.meta.url))
const perMinute = (fallback: number, about: string) =>
  z.number().int().min(1).max(1_000_000).default(fallback).describe(about)

export const BackendConfig = z.object({
  ...featureFields,
  instanceId: z
    .string()
    .min(1)
    .max(80)
    .default(() => `backend-${uuidv7().slice(-12)}`)
    .describe('Name of this instance in logs, audit and system status.'),
  host: z.string().default('127.0.0.1').describe('Address to listen on.'),
  port: z.number().int().min(0).max(65_535).default(8080).describe('Port to listen on; 0 takes a free one.'),
  trustProxy: z
    .boolean()
    .default(false)
    .describe(
      'Take client address, host and scheme from the X-Forwarded headers of the proxy in front. Never without one.',
    ),
  allowedOrigins: z
    .array(z.string())
    .default([])
    .describe('Further origins (https://host) whose pages may use the session cookie; the own one always may.'),
  passkeyDomain: z
    .string()
    .optional()
    .describe(
      'Domain passkeys belong to (WebAuthn RP ID), e.g. arc.example.pl; the name in the console address unless set. Another one makes all passkeys useless.',
    ),
  consoleFolder: z.string().default(consoleDist).describe('Built console to serve.'),
  profile: z
    .enum(['embedded', 'distributed'])
    .default('distributed')
    .describe('What the system status says it runs as.'),
  demo: z.boolean().default(false).describe('Demo data and users exist; only allowed on a loopback address.'),
  maintenance: z.boolean().default(false).describe('Show the maintenance banner.'),
  version: z.string().default('0.1.0').describe('Version shown to people.'),

  jwtPrivateKey: secretField({ minLength: 200 })
    .optional()
    .describe(
      'RSA key (PKCS #8 PEM) that signs access tokens in a database that has no signing key yet; none = one is generated. Without ENCRYPTION_KEY it is the only one.',
    ),
  jwtEncryptionKey: secretField({ minLength: 43 })
    .optional()
    .describe(
      'Fernet keys that seal the signing keys in the database; ENCRYPTION_KEY by default. Of its own where workers, which need ENCRYPTION_KEY, are other processes.',
    ),
  jwtKeyLifeDays: z.number().int().min(1).max(3_650).default(90).describe('Age at which a signing key is replaced.'),
  keyPublishMs: z
    .number()
    .int()
    .min(500)
    .max(3_600_000)
    .default(10_000)
    .describe('How long a new key is known to everybody before it is used.'),
  encryptionKey: secretField({ minLength: 43 })
    .optional()
    .describe(
      'Fernet keys for secrets and for the keys in the database, comma-separated; the first encrypts. Needed to store either.',
    ),

  hashesAtOnce: z
    .number()
    .int()
    .min(1)
    .max(16)
    .default(1)
    .describe('Password hashes computed at once; 64 MiB and a core each.'),
  hashesWaiting: z
    .number()
    .int()
    .min(0)
    .max(1000)
    .default(20)
    .describe('Logins that may wait for a hash; one more gets 429.'),
  loginsPerMinute: perMinute(5, 'Login attempts per minute and address.'),
  passkeyQuestionsPerMinute: perMinute(20, 'Sign-ins by passkey that may be begun per minute and address.'),
  ticketsPerMinute: perMinute(10, 'WebSocket tickets per minute and user.'),
  alarmActionsPerMinute: perMinute(60, 'Actions on alarms per minute and user.'),
  reportsPerMinute: perMinute(10, 'Reports and exports per minute and user.'),
  requestsPerMinute: perMinute(120, 'Other requests per minute and user.'),

  headersMs: z
    .number()
    .int()
    .min(200)
    .max(60_000)
    .default(10_000)
    .describe('Time a client may take for the head of a request.'),
  requestMs: z
    .number()
    .int()
    .min(200)
    .max(120_000)
    .default(15_000)
    .describe('Time a client may take for a whole request.'),
  connectionsInAll: z.number().int().min(10).max(100_000).default(5_000).describe('Open TCP connections.'),
  connectionsPerAddress: z
    .number()
    .int()
    .min(5)
    .max(100_000)
    .default(500)
    .describe('Open TCP connections of one address; not asked behind a proxy, which has to limit them itself.'),
  socketsPerUser: z.number().int().min(1).max(1000).default(20).describe('WebSockets one user may have open here.'),
  socketsInAll: z.number().int().min(1).max(100_000).default(2_000).describe('WebSockets open on this instance.'),
  socketBufferBytes: z
    .number()
    .int()
    .min(65_536)
    .max(67_108_864)
    .default(1_048_576)
    .describe('Bytes that may wait for one slow client before it is closed and has to resume.'),
  streamMemoryMessages: z
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(5_000)
    .describe('Newest stream messages kept in memory for replays; older ones are read from PostgreSQL.'),
  authCheckIntervalMs: z
    .number()
    .int()
    .min(1_000)
    .max(3_600_000)
    .default(900_000)
    .describe('How often an open WebSocket has to show a fresh access token.'),
  authAnswerMs: z.number().int().min(500).max(300_000).default(30_000).describe('Time a client has for that.'),
  heartbeatMs: z
    .number()
    .int()
    .min(500)
    .max(120_000)
    .default(30_000)
    .describe('Pause between pings of the server; two unanswered end a WebSocket.'),
  closeQuietIntervalMs: z
    .number()
    .int()
    .min(50)
    .max(600_000)
    .default(15_000)
    .describe('How often alarms are looked for that have been quiet long enough to close by themselves.'),
  drainMs: z
    .number()
    .int()
    .min(0)
    .max(15_000)
    .default(10_000)
    .describe('Longest wait for requests in flight at shutdown.'),
})

/** The backend as a process of its own: also where everything else is. */
const ProcessFields = z.object({
  ...BackendConfig.shape,
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('Least severe lines to write.'),
  healthPort: z.number().int().min(0).max(65_535).default(9080).describe('Port of /healthz, /readyz and /metrics.'),
  healthHost: z
    .string()
    .default('127.0.0.1')
    .describe('Address of the health port; the internal network, never the public one.'),
  databaseUrl: secretField().describe('postgres:// URL, through the pooler where there is one.'),
  databaseDirectUrl: secretField().optional().describe('postgres:// URL around the pooler, for LISTEN.'),
  databasePoolSize: z.number().int().min(2).max(200).default(16).describe('Connections to PostgreSQL.'),
  redisHost: z.string().default('127.0.0.1').describe('Redis server, where there are no sentinels.'),
  redisPort: z.number().int().min(1).max(65_535).default(6379).describe('Its port.'),
  redisSentinels: z.array(z.string()).default([]).describe('host:port of every Redis sentinel.'),
  redisMasterName: z.string().default('stam').describe('Name under which the sentinels know the master.'),
  redisPassword: secretField().optional().describe('Password of Redis.'),
  rabbitmqHosts: z.array(z.string()).min(1).default(['127.0.0.1:5672']).describe('host:port of every broker node.'),
  rabbitmqVhost: z.string().default('/').describe('Virtual host of the broker.'),
  rabbitmqUsername: z.string().default('stam').describe('User of the broker.'),
  rabbitmqPassword: secretField().optional().describe('Password of the broker user; not needed without realtime.'),
  rabbitmqQueueType: z
    .enum(['classic', 'quorum'])
    .default('classic')
    .describe('quorum on a cluster, classic on a single node.'),
})

/** What is switched off need not be configured; what is switched on must be able to keep its promise. */
export const ProcessConfig = ProcessFields.superRefine((config, context) => {
  const problem = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
  if (config.featureRealtimeEnabled && !config.rabbitmqPassword) problem('rabbitmqPassword', 'is needed')
  for (const message of haProblems(config, config.redisSentinels.length > 0)) problem('featureHaEnabled', message)
})
export type ProcessConfig = z.output<typeof ProcessConfig>
export type BackendConfig = z.output<typeof BackendConfig>
export type BackendConfigInput = z.input<typeof BackendConfig>

/** An address that starts with 127 or a name that only looks like one: the second may lead anywhere. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))
}
