import type { Log } from '@stam/runtime'
import type { BusEvent } from './bus.ts'

const levels = {
  up: 'info',
  down: 'warn',
  // The caller hears of each and goes another way; thousands of them while the broker is away say nothing more.
  'publish-failed': 'debug',
  'batch-failed': 'warn',
  held: 'warn',
  'stepped-aside': 'warn',
  'dead-letter': 'error',
  'dead-letter-replayed': 'warn',
  'dead-letter-discarded': 'warn',
  'consumer-interrupted': 'warn',
} as const satisfies Record<BusEvent['kind'], 'debug' | 'info' | 'warn' | 'error'>

/** What a process tells of its bus: for `onEvent`. Lines are named `bus_up`, `bus_dead_letter` …. */
export function logBusEvents(log: Log): (event: BusEvent) => void {
  return ({ kind, ...fields }) => log[levels[kind]](`bus_${kind.replaceAll('-', '_')}`, fields)
}
