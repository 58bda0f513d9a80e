import { beforeEach } from 'vitest'
import { createMemoryBus, MemoryBroker } from '../src/index.ts'
import { busContract } from './bus-contract.ts'

let broker = new MemoryBroker()
beforeEach(() => {
  broker = new MemoryBroker()
})

busContract('the in-process bus', () => ({
  open: async (onEvent) =>
    createMemoryBus({ broker, redeliveryDelayMs: { first: 2, longest: 10 }, ...(onEvent ? { onEvent } : {}) }),
  smuggle: async (partition, body) =>
    broker.store(`events.processing.${partition}`, {
      body,
      messageId: 'smuggled',
      kind: 'unknown',
      requestId: null,
      topic: 'smuggled',
    }),
  takeBrokerAway: async () => broker.stop(),
  bringBrokerBack: async () => broker.start(),
  reset: async () => {},
}))
