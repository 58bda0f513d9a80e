export {
  type Bus,
  type BusEvent,
  type CommonBusOptions,
  type Consumer,
  type DeadLetter,
  type DeadLetterOutcome,
  type DeadLetters,
  type Delivery,
  type DeliveryOutcome,
  done,
  hold,
  type PublishResult,
  type QueueDepth,
  reject,
  retry,
  type Subscription,
} from './bus.ts'
export { logBusEvents } from './log-bus-events.ts'
export { MOST_DEAD_LETTERS } from './bus.ts'
export { BUS_ERROR_CODES, BusError, type BusErrorCode, isBusError } from './errors.ts'
export { MemoryBroker, type MemoryBrokerOptions } from './memory/memory-broker.ts'
export { createMemoryBus, type MemoryBusOptions } from './memory/memory-bus.ts'
export { createRabbitBus, type RabbitBusOptions } from './rabbit/rabbit-bus.ts'
export { type QueueName, type QueueType, queueNames } from './topology.ts'
