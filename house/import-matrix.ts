/**
 * Who may import whom: the table of the design, as a value. A workspace that is missing here may import nothing of ours,
 * so a new one must be entered, which is the moment to think about it.
 */
const EVERYTHING_BELOW_AN_APP = ['contracts', 'domain', 'store', 'bus', 'live', 'runtime'] as const

export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  contracts: [],
  integra: [],
  runtime: [],
  'embedded-postgres': [],
  domain: ['contracts'],
  store: ['contracts', 'runtime'],
  bus: ['contracts', 'runtime'],
  live: ['contracts', 'runtime'],
  testkit: ['runtime', 'embedded-postgres'],
  backend: EVERYTHING_BELOW_AN_APP,
  'satel-worker': [...EVERYTHING_BELOW_AN_APP, 'integra'],
  'outbox-relay': ['contracts', 'store', 'bus', 'live', 'runtime'],
  'sms-agent': EVERYTHING_BELOW_AN_APP,
  'notification-worker': EVERYTHING_BELOW_AN_APP,
  console: ['contracts', 'domain'],
  simulator: ['contracts', 'integra/codec', 'runtime'],
  station: [
    'contracts',
    'store',
    'bus',
    'live',
    'runtime',
    'embedded-postgres',
    'backend',
    'satel-worker',
    'outbox-relay',
    'sms-agent',
    'notification-worker',
    'simulator',
  ],
}

/** Tests may use these besides what production code may: real servers, and panels to talk to. */
export const TESTS_MAY_IMPORT: readonly string[] = ['testkit', 'testkit/leak-check', 'simulator', 'integra/codec']

/** Folders of the root package drive the others from outside and may use every door. */
export const ROOT_FOLDERS_MAY_IMPORT_ALL: readonly string[] = ['cli', 'house', 'bench', 'lab', 'e2e']

/** Who wraps an outside library; nobody else may know that it is there. Tests may look at the real thing. */
export const LIBRARY_OWNERS: Readonly<Record<string, readonly string[]>> = {
  pg: ['store', 'testkit', 'bench', 'lab'],
  'node-pg-migrate': ['store'],
  'rabbitmq-client': ['bus'],
  ioredis: ['live'],
  pino: ['runtime'],
  'prom-client': ['runtime'],
  fastify: ['backend', 'simulator'],
  jose: ['backend'],
  '@node-rs/argon2': ['backend'],
  '@simplewebauthn/server': ['backend'],
  '@simplewebauthn/browser': ['console'],
}

/** Pure rules and shapes: no library but the schema library, nothing of Node. */
export const PURE_WORKSPACES: readonly string[] = ['contracts', 'domain']
