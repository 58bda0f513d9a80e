/** The numbered stream, packed for the way over the broker. The same for both buses. */
import type { BusMessage, StreamMessage } from '@stam/contracts'
import { type Bus, done, type PublishResult, type Subscription } from './bus.ts'

/** Contract of `StreamBatch`. */
const MOST_TOGETHER = 100
/** Batches sent ahead to one who reads; with their size this bounds the memory. */
export const STREAM_PREFETCH = 100

/** One result per message, in order. A batch the contract refuses goes message by message, so that one bad row holds up no other. */
export async function publishInBatches(
  bus: Pick<Bus, 'publishMany'>,
  messages: readonly StreamMessage[],
): Promise<PublishResult[]> {
  const results = await Promise.all(batchesOf(messages).map((batch) => publishBatch(bus, batch)))
  return results.flat()
}

async function publishBatch(
  bus: Pick<Bus, 'publishMany'>,
  messages: readonly StreamMessage[],
): Promise<PublishResult[]> {
  if (messages.length === 1) return bus.publishMany(messages)
  const [result] = await bus.publishMany([{ kind: 'stream-batch', schema_version: 1, messages: [...messages] }])
  if (result?.ok === false && result.error.code === 'BUS_REJECTED') return bus.publishMany(messages)
  return messages.map(() => result as PublishResult)
}

function batchesOf(messages: readonly StreamMessage[]): StreamMessage[][] {
  const batches: StreamMessage[][] = []
  for (let from = 0; from < messages.length; from += MOST_TOGETHER)
    batches.push(messages.slice(from, from + MOST_TOGETHER))
  return batches
}

/** Hands on what arrives, unpacked. */
export function unpacking(
  handler: (messages: readonly StreamMessage[]) => void | Promise<void>,
): Pick<Subscription, 'batchSize' | 'batchWaitMs' | 'handler'> {
  return {
    batchSize: STREAM_PREFETCH / 2,
    batchWaitMs: 0,
    handler: async (batch) => {
      await handler(batch.flatMap(({ message }) => unpacked(message)))
      return batch.map(() => done)
    },
  }
}

function unpacked(message: BusMessage): readonly StreamMessage[] {
  if (message.kind === 'stream') return [message]
  return message.kind === 'stream-batch' ? message.messages : []
}
