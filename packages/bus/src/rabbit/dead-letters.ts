import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { isoTime, uuidv7, withDeadline } from '@stam/runtime'
import type { Channel, Connection, Envelope, SyncMessage } from 'rabbitmq-client'
import { type BusEvent, type DeadLetter, type DeadLetterOutcome, type DeadLetters, MOST_DEAD_LETTERS } from '../bus.ts'
import { BusError } from '../errors.ts'
import { DEAD_LETTER_EXCHANGE, DEAD_LETTER_QUEUE } from '../topology.ts'
import { parseJson } from '../wire.ts'
import { bodyBytes, JSON_CONTENT } from './body.ts'
import type { RabbitItem } from './queue-consumer.ts'

const LOCK_QUEUE = 'events.dead.reader'
const LOCK_WAIT_MS = 50

/** Headers of ours on a dead letter; the broker's own `x-death` only knows rejected, expired, delivery_limit. */
const header = { id: 'stam-dead-id', reason: 'stam-dead-reason', queue: 'stam-dead-queue', at: 'stam-dead-at' } as const

export interface RabbitDeadLettersOptions {
  readonly queues: ReadonlySet<string>
  readonly timeoutMs: number
  connection(): Connection | undefined
  publish(envelope: Envelope, body: Buffer): Promise<void>
  onEvent(event: BusEvent): void
}

/** What a consumer publishes when a message is beyond help: the message as it came, and why. */
export function deadLetterEnvelope(item: RabbitItem, queue: string, reason: string): Envelope {
  const { messageId, type, timestamp, appId, headers } = item.delivery
  return {
    exchange: DEAD_LETTER_EXCHANGE,
    routingKey: item.delivery.routingKey,
    mandatory: true,
    durable: true,
    contentType: JSON_CONTENT,
    ...(messageId ? { messageId } : {}),
    ...(type ? { type } : {}),
    ...(timestamp ? { timestamp } : {}),
    ...(appId ? { appId } : {}),
    headers: {
      ...ownHeaders(headers),
      [header.id]: uuidv7(),
      [header.reason]: reason.slice(0, 1_000),
      [header.queue]: queue,
      [header.at]: isoTime(Date.now()),
    },
  }
}

/**
 * Reads the dead-letter queue without taking anything out: messages are fetched unacknowledged and go back when the channel
 * closes. Only one reader at a time in the whole installation, or each would see a part; an exclusive queue is the lock,
 * since the broker gives it to one connection and frees it when that ends.
 */
export class RabbitDeadLetters implements DeadLetters {
  readonly #options: RabbitDeadLettersOptions
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: RabbitDeadLettersOptions) {
    this.#options = options
  }

  count(): Promise<number> {
    return this.#inTurn(async (channel) => {
      const { messageCount } = await channel.queueDeclare({ queue: DEAD_LETTER_QUEUE, passive: true })
      return messageCount
    })
  }

  list(limit = 200): Promise<{ letters: DeadLetter[]; total: number }> {
    return this.#inTurn(async (channel) => {
      const { messageCount } = await channel.queueDeclare({ queue: DEAD_LETTER_QUEUE, passive: true })
      const letters: DeadLetter[] = []
      for await (const message of read(channel, Math.min(limit, MOST_DEAD_LETTERS))) letters.push(describe(message))
      return { letters, total: messageCount }
    })
  }

  replay(ids: readonly string[]): Promise<DeadLetterOutcome[]> {
    return this.#settle(ids, async (message, id) => {
      const { queue } = describe(message)
      if (queue === null || !this.#options.queues.has(queue)) return 'refused'
      const { messageId, type, timestamp, appId, headers } = message
      const envelope: Envelope = {
        routingKey: queue, // the default exchange: exactly the queue it died in
        mandatory: true,
        durable: true,
        contentType: JSON_CONTENT,
        ...(messageId ? { messageId } : {}),
        ...(type ? { type } : {}),
        ...(timestamp ? { timestamp } : {}),
        ...(appId ? { appId } : {}),
        headers: ownHeaders(headers),
      }
      // Confirmed first, removed second: dying in between doubles it, and consumers know repeats by their id.
      await this.#options.publish(envelope, bodyBytes(message))
      this.#options.onEvent({ kind: 'dead-letter-replayed', id, queue })
      return 'done'
    })
  }

  discard(ids: readonly string[], reason: string): Promise<DeadLetterOutcome[]> {
    return this.#settle(ids, async (_message, id) => {
      this.#options.onEvent({ kind: 'dead-letter-discarded', id, reason })
      return 'done'
    })
  }

  /** Removes those for which `act` says `done`. What could not be settled leaves the others as they are. */
  #settle(
    ids: readonly string[],
    act: (message: SyncMessage, id: string) => Promise<DeadLetterOutcome>,
  ): Promise<DeadLetterOutcome[]> {
    return this.#inTurn(async (channel) => {
      const outcomes = new Map<string, DeadLetterOutcome>()
      const wanted = new Set(ids)
      for await (const message of read(channel, MOST_DEAD_LETTERS)) {
        const id = deadId(message)
        if (!wanted.delete(id)) continue
        const outcome = await act(message, id).catch((): DeadLetterOutcome => 'unsettled')
        if (outcome === 'done') channel.basicAck({ deliveryTag: message.deliveryTag })
        outcomes.set(id, outcome)
        // A broker that does not answer for one need not be waited for once more for each.
        if (wanted.size === 0 || outcome === 'unsettled') break
      }
      const others: DeadLetterOutcome = [...outcomes.values()].includes('unsettled') ? 'unsettled' : 'gone'
      return ids.map((id) => outcomes.get(id) ?? others)
    })
  }

  #inTurn<T>(work: (channel: Channel) => Promise<T>): Promise<T> {
    const result = this.#turn.then(() => this.#locked(work))
    this.#turn = result.catch(() => {})
    return result
  }

  async #locked<T>(work: (channel: Channel) => Promise<T>): Promise<T> {
    const { timeoutMs } = this.#options
    try {
      return await withDeadline('reading the dead letters', timeoutMs, async (signal) => {
        const channel = await this.#lock(signal)
        try {
          return await work(channel)
        } finally {
          // Closing gives back what was only looked at; the lock goes last, so nobody reads half a queue.
          const connection = this.#options.connection()
          await channel.close()
          await connection?.queueDelete({ queue: LOCK_QUEUE }).catch(() => {})
        }
      })
    } catch (error) {
      if (error instanceof BusError) throw error
      throw new BusError('BUS_UNAVAILABLE', `the dead letters cannot be read: ${(error as Error).message}`, {
        cause: error,
      })
    }
  }

  async #lock(signal: AbortSignal): Promise<Channel> {
    for (;;) {
      signal.throwIfAborted()
      const connection = this.#options.connection()
      if (!connection) {
        await sleep(LOCK_WAIT_MS, undefined, { signal })
        continue
      }
      const channel = await connection.acquire({ emitErrorsFromChannel: true })
      channel.on('error', () => {})
      try {
        await channel.queueDeclare({ queue: LOCK_QUEUE, exclusive: true, autoDelete: false, durable: false })
        return channel
      } catch (error) {
        if ((error as { code?: string }).code !== 'RESOURCE_LOCKED') throw error
        await sleep(LOCK_WAIT_MS, undefined, { signal })
      }
    }
  }
}

async function* read(channel: Channel, limit: number): AsyncGenerator<SyncMessage> {
  for (let count = 0; count < limit; count++) {
    const message = await channel.basicGet({ queue: DEAD_LETTER_QUEUE, noAck: false })
    if (!message) return
    yield message
  }
}

type Death = { readonly queue?: string; readonly reason?: string; readonly time?: unknown }

function describe(message: SyncMessage): DeadLetter {
  const headers = (message.headers ?? {}) as Record<string, unknown>
  const [death] = (headers['x-death'] as readonly Death[] | undefined) ?? []
  const body = bodyBytes(message)
  return {
    id: deadId(message),
    topic: message.routingKey || null,
    queue: text(headers[header.queue]) ?? death?.queue ?? null,
    reason: text(headers[header.reason]) ?? death?.reason ?? 'unknown',
    diedAt: text(headers[header.at]) ?? instant(death?.time),
    messageId: message.messageId ?? null,
    kind: message.type ?? null,
    requestId: text(headers['request_id']) ?? null,
    sender: message.appId ?? null,
    headers: Object.fromEntries(
      Object.entries(ownHeaders(headers)).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    ),
    body: parseJson(body) ?? body.toString('utf8'),
    size: body.length,
  }
}

/** Ours carry an id; those the broker buried are known by what they are. */
function deadId(message: SyncMessage): string {
  const headers = (message.headers ?? {}) as Record<string, unknown>
  const own = text(headers[header.id])
  if (own !== undefined) return own
  const [death] = (headers['x-death'] as readonly Death[] | undefined) ?? []
  const content = createHash('sha256').update(bodyBytes(message)).digest('hex').slice(0, 16)
  return `${death?.queue ?? 'none'}:${message.messageId ?? 'none'}:${content}`.slice(-200)
}

function ownHeaders(headers: Envelope['headers']): Record<string, unknown> {
  const kept = Object.entries((headers ?? {}) as Record<string, unknown>)
  return Object.fromEntries(kept.filter(([name]) => !name.startsWith('x-') && !name.startsWith('stam-dead-')))
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** AMQP timestamps are seconds. */
function instant(time: unknown): string | null {
  if (time instanceof Date) return time.toISOString()
  return typeof time === 'number' || typeof time === 'bigint' ? isoTime(Number(time) * 1_000) : null
}
