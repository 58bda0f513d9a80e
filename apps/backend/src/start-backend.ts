/**
 * Puts the backend together: REST, WebSocket, event recording, and the clocks. Everything it is handed stays the
 * caller's to close; everything it opens it closes.
 */
import type { AddressInfo } from 'node:net'
import type { Bus } from '@stam/bus'
import type { Live } from '@stam/live'
import {
  type Clock,
  createMetrics,
  createReadiness,
  type Log,
  type Metrics,
  type Readiness,
  statusCheck,
} from '@stam/runtime'
import { findPrincipals, type Store } from '@stam/store'
import type { FastifyInstance } from 'fastify'
import type { Backend } from './backend.ts'
import { type BackendConfig, isLoopback } from './config.ts'
import { createApp } from './http/app.ts'
import { createLimits, type LimitsPerMinute } from './http/limits.ts'
import { requestFingerprints } from './http/request-fingerprint.ts'
import { createAccessTokens } from './identity/access-tokens.ts'
import { openBackendKeys } from './identity/backend-keys.ts'
import { type CodePrinter, type SetupWatch, watchSetup } from './identity/first-start.ts'
import { createPasswords } from './identity/passwords.ts'
import { createPrincipals, personOf } from './identity/principals.ts'
import { recordRefusals } from './identity/refusals.ts'
import { createServices } from './identity/service-tokens.ts'
import { redeemTicket } from './identity/ws-tickets.ts'
import { type LiveStates, readLiveStates } from './panels/live-state.ts'
import { createPanelDirectory } from './panels/panel-directory.ts'
import { Pictures } from './realtime/pictures.ts'
import { followStream } from './realtime/follow-stream.ts'
import { Sockets } from './realtime/sockets.ts'
import { type Recording, startRecording } from './recording/index.ts'
import { startHousekeeping } from './system/housekeeping.ts'
import { watchSystem } from './system/system-watch.ts'
import { createTelemetry } from './telemetry.ts'

export interface BackendDependencies {
  readonly store: Store
  readonly bus: Bus
  readonly live: Live
  readonly log: Log
  readonly clock: Clock
  readonly metrics?: Metrics
  readonly readiness?: Readiness
  /** Told the code that makes the first MASTER while nobody exists; without it none is made (demo, tests). */
  readonly printSetupCode?: CodePrinter
}

export interface RunningBackend {
  /** `http://host:port`, where console, API and WebSocket are. */
  readonly url: string
  /** For tests and tools: requests in process, without the port. */
  readonly app: FastifyInstance
  /** Sockets closed with 1012, requests in flight finished, loops ended. */
  close(): Promise<void>
}

/** Rejects when it may not run as configured, cannot read the stream, or the port is taken. */
export async function startBackend(config: BackendConfig, deps: BackendDependencies): Promise<RunningBackend> {
  if (config.demo && !isLoopback(config.host)) {
    throw new Error(`demo users exist, so only a loopback address may be listened on, not ${config.host}`)
  }
  const metrics = deps.metrics ?? createMetrics({ service: 'backend' })
  const opened = await openParts(config, deps, metrics)
  const { backend } = opened
  const { readiness, sockets } = backend
  let app: FastifyInstance | undefined
  let recording: Recording | undefined
  let setup: SetupWatch | undefined
  const close = async (): Promise<void> => {
    readiness.setLifecycle('draining')
    await Promise.all([setup?.close(), recording?.close(), sockets.close(), app && drain(app, config.drainMs)])
    await opened.close()
  }
  try {
    addReadinessChecks(readiness, backend)
    app = await createApp(backend, metrics)
    await app.listen({ host: config.host, port: config.port })
    // Last, so that nothing is taken off the broker by a process that then cannot start.
    const closeQuietEveryMs = config.closeQuietIntervalMs
    recording = startRecording({ ...deps, metrics, instanceId: config.instanceId, closeQuietEveryMs })
    if (deps.printSetupCode) setup = await watchSetup(backend, config.instanceId, deps.printSetupCode)
  } catch (error) {
    await close()
    throw error
  }
  if (config.featureRealtimeEnabled) sockets.attach(app.server)
  if (!deps.readiness) readiness.setLifecycle('serving')
  const url = urlOf(config.host, app.server.address() as AddressInfo)
  deps.log.info('backend_listening', { url })
  return { url, app, close }
}

/** Finishes requests in flight, for so long at most; connections that only idle are not waited for. */
async function drain(app: FastifyInstance, limitMs: number): Promise<void> {
  const end = setTimeout(() => app.server.closeAllConnections(), limitMs)
  await app.close()
  clearTimeout(end)
}

/** Everything behind the port, running. */
async function openParts(
  config: BackendConfig,
  { store, bus, live, log, clock, readiness = createReadiness() }: BackendDependencies,
  metrics: Metrics,
): Promise<{ backend: Backend; close(): Promise<void> }> {
  const telemetry = createTelemetry(metrics, {
    buffered: () => stream.hub.buffered,
    deadLetters: () => system.status.dead_letters,
  })
  const identity = await openIdentity(config, { store, clock, log })
  const { tokens, principals } = identity.parts
  const states = readLiveStates(live, log)
  const stream = await followStream({
    store,
    bus,
    live,
    clock,
    log,
    telemetry,
    ringFrames: config.streamMemoryMessages,
  })
  const panels = await createPanelDirectory(store, clock, log)
  const { hub } = stream
  const sockets = new Sockets({
    ...config,
    hub,
    clock,
    log,
    telemetry,
    limits: { perUser: config.socketsPerUser, inAll: config.socketsInAll, bufferBytes: config.socketBufferBytes },
    redeem: (ticket) => redeemTicket({ live, store, log, principals }, ticket),
    verify: async (accessToken) => {
      const claims = await tokens.verify(accessToken)
      return claims && principals.find(claims.sid)
    },
    stillSignedIn: async (sessionIds) => (await findPrincipals(store, sessionIds)).map(personOf),
  })
  const pictures = new Pictures({
    sockets,
    panels,
    states: states.read,
    clock,
    systemStatus: (scope) => system.statusFor(scope),
  })
  const onRelaySilent = () => stream.numberLeftBehind()
  const onChange = () => pictures.systemChanged()
  const system = watchSystem({
    config,
    store,
    bus,
    live,
    hub,
    panels,
    states: states.read,
    clock,
    log,
    onRelaySilent,
    onChange,
  })
  const unfollow = followLiveState(live, states, pictures)
  const housekeeping = startHousekeeping({ store, clock, log })
  const limits = createLimits({ live, store, log, perMinute: limitsOf(config) })
  const fingerprints = requestFingerprints(config)
  const parts = { store, bus, live, log, clock, telemetry, readiness, limits, fingerprints, ...identity.parts }
  return {
    backend: { config, ...parts, hub, sockets, panels, states, system },
    async close() {
      unfollow()
      await Promise.all([identity.close(), housekeeping.close(), system.close(), pictures.close(), stream.close()])
      panels.close()
    },
  }
}

/** Who somebody is, what proves it, and what they may not: everything of the identity folder that runs. */
async function openIdentity(config: BackendConfig, deps: Pick<BackendDependencies, 'store' | 'clock' | 'log'>) {
  const { store, clock } = deps
  const keys = await openBackendKeys(config, deps)
  const refusals = recordRefusals(deps)
  return {
    parts: {
      tokens: createAccessTokens(keys.signing, clock),
      dataKeys: keys.data,
      passwords: await createPasswords({ concurrent: config.hashesAtOnce, waiting: config.hashesWaiting }),
      principals: createPrincipals(store, clock),
      services: createServices(store, clock),
      refusals,
    },
    close: () => Promise.all([refusals.close(), keys.close()]),
  }
}

function followLiveState(live: Live, states: LiveStates, pictures: Pictures): () => void {
  const endChanges = live.panels.onChange((change) => {
    if (change.kind === 'resync') return pictures.everythingChanged()
    states.noticed(change.panel)
    pictures.panelChanged(change.panel)
  })
  const endStatus = live.onStatus(() => pictures.everythingChanged())
  return () => {
    endChanges()
    endStatus()
  }
}

function limitsOf(config: BackendConfig): LimitsPerMinute {
  return {
    login: config.loginsPerMinute,
    'passkey-question': config.passkeyQuestionsPerMinute,
    'ws-ticket': config.ticketsPerMinute,
    alarms: config.alarmActionsPerMinute,
    reports: config.reportsPerMinute,
    others: config.requestsPerMinute,
  }
}

/** Without PostgreSQL nothing can be served; the others only make it degraded (spec 05 "Health"). */
function addReadinessChecks(readiness: Readiness, { config, store, live, bus }: Backend): void {
  readiness.add({ name: 'postgresql', essential: true, check: () => store.ping() })
  for (const [name, of] of [
    ['redis', live],
    ['rabbitmq', bus],
  ] as const) {
    if (config.featureRealtimeEnabled) readiness.add(statusCheck(name, of))
    else readiness.disable(name)
  }
}

function urlOf(host: string, { port }: AddressInfo): string {
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`
}
