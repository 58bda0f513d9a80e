/** The door: the station and the process itself start a relay from here. */
export { RelayConfig } from './config.ts'
export { type RelayDependencies, type RunningRelay, startOutboxRelay } from './start-outbox-relay.ts'
