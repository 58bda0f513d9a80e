/** What every use case of the backend works with. Built once by `start-backend.ts`. */
import type { Bus } from '@stam/bus'
import type { Live } from '@stam/live'
import type { Clock, Log, Readiness } from '@stam/runtime'
import type { DataKeys, Store } from '@stam/store'
import type { BackendConfig } from './config.ts'
import type { Limits } from './http/limits.ts'
import type { Fingerprints } from './http/request-fingerprint.ts'
import type { AccessTokens } from './identity/access-tokens.ts'
import type { Passwords } from './identity/passwords.ts'
import type { Principals } from './identity/principals.ts'
import type { Refusals } from './identity/refusals.ts'
import type { LiveStates } from './panels/live-state.ts'
import type { PanelDirectory } from './panels/panel-directory.ts'
import type { Services } from './identity/service-tokens.ts'
import type { Sockets } from './realtime/sockets.ts'
import type { StreamHub } from './realtime/stream-hub.ts'
import type { SystemWatch } from './system/system-watch.ts'
import type { Telemetry } from './telemetry.ts'

export interface Backend {
  readonly config: BackendConfig
  readonly store: Store
  readonly bus: Bus
  readonly live: Live
  readonly log: Log
  readonly clock: Clock
  readonly telemetry: Telemetry
  readonly readiness: Readiness
  readonly tokens: AccessTokens
  /** Null: no encryption key is configured, so no secret can be kept. */
  readonly dataKeys: DataKeys | null
  readonly passwords: Passwords
  readonly principals: Principals
  readonly limits: Limits
  readonly fingerprints: Fingerprints
  readonly refusals: Refusals
  readonly services: Services
  readonly hub: StreamHub
  readonly sockets: Sockets
  readonly panels: PanelDirectory
  readonly states: LiveStates
  readonly system: SystemWatch
}
