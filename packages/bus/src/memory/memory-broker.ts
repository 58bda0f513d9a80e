import { isoTime, uuidv7 } from '@stam/runtime'
import type { DeadLetter, QueueDepth } from '../bus.ts'
import { BusError } from '../errors.ts'
import { DEFAULT_PARTITIONS, type QueueName, queueNames, queuesBehind } from '../topology.ts'
import { parseJson } from '../wire.ts'

/** A message as the broker keeps it: bytes, so that nobody shares an object with anybody. */
export interface Stored {
  readonly position: number
  readonly body: Buffer
  readonly messageId: string
  readonly kind: string
  readonly requestId: string | null
  readonly topic: string
  readonly storedAt: number
  redelivered: boolean
}

/** What a publisher hands over. */
export type Sent = Pick<Stored, 'body' | 'messageId' | 'kind' | 'requestId' | 'topic'>

/** Who consumes a queue. The first in line is the only active one. */
export interface Reader {
  readonly prefetch: number
  deliver(stored: Stored): void
}

interface MemoryQueue {
  readonly name: string
  readonly ttlMs: number
  readonly waiting: Stored[]
  readonly readers: Reader[]
  readonly out: Map<Stored, Reader>
}

interface Buried {
  readonly letter: DeadLetter
  readonly queue: string
  readonly stored: Stored
}

export interface MemoryBrokerOptions {
  /** 8 unless given. */
  readonly partitions?: number
  /** Messages one queue keeps at most; more are refused as unavailable. 100,000 unless given. */
  readonly maxQueued?: number
  /** Dead letters kept at most; the oldest go. 10,000 unless given. */
  readonly maxDead?: number
}

const DAY_MS = 24 * 60 * 60 * 1000

/**
 * What RabbitMQ is to the distributed profile: the queues of docs/messaging.md in this process's memory. Nothing survives
 * the process, which is allowed: PostgreSQL and the panels' own memories are the truth.
 */
export class MemoryBroker {
  readonly partitions: number
  readonly #maxQueued: number
  readonly #maxDead: number
  readonly #queues = new Map<string, MemoryQueue>()
  readonly #streams = new Set<Reader>()
  readonly #watchers = new Set<(up: boolean) => void>()
  #dead: Buried[] = []
  #position = 0
  #up = true

  constructor(options: MemoryBrokerOptions = {}) {
    this.partitions = options.partitions ?? DEFAULT_PARTITIONS
    this.#maxQueued = options.maxQueued ?? 100_000
    this.#maxDead = options.maxDead ?? 10_000
    for (const name of queueNames) {
      for (const queue of queuesBehind(name, this.partitions)) this.#queues.set(queue, emptyQueue(queue, name))
    }
  }

  get up(): boolean {
    return this.#up
  }

  /** For tests of degraded modes: away, with everything kept. */
  stop(): void {
    this.#turn(false)
  }

  start(): void {
    this.#turn(true)
  }

  watch(watcher: (up: boolean) => void): () => void {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  /** Keeps a message in a queue; throws `BUS_UNAVAILABLE` when it is away or full. */
  store(queueName: string, message: Sent): void {
    const queue = this.#queue(queueName)
    if (queue.waiting.length >= this.#maxQueued) {
      throw new BusError('BUS_UNAVAILABLE', `${queueName} is full with ${this.#maxQueued} messages`)
    }
    queue.waiting.push({ ...message, position: this.#position++, storedAt: Date.now(), redelivered: false })
    this.#pump(queue)
  }

  broadcast(message: Sent): void {
    this.#mustBeUp()
    for (const reader of this.#streams) {
      reader.deliver({ ...message, position: this.#position++, storedAt: Date.now(), redelivered: false })
    }
  }

  /** Gets in line; the result leaves it and puts what was not acknowledged back in its place. */
  read(queueName: string, reader: Reader): () => void {
    const queue = this.#queue(queueName)
    queue.readers.push(reader)
    this.#pump(queue)
    return () => this.#release(queue, reader)
  }

  listen(reader: Reader): () => void {
    this.#mustBeUp()
    this.#streams.add(reader)
    return () => this.#streams.delete(reader)
  }

  ack(queueName: string, stored: readonly Stored[]): void {
    const queue = this.#queues.get(queueName)
    if (!queue) return // a stream: nothing is kept
    for (const message of stored) queue.out.delete(message)
    this.#pump(queue)
  }

  bury(queue: string, stored: Stored, reason: string): void {
    this.#mustBeUp()
    const letter: DeadLetter = {
      id: uuidv7(),
      queue,
      reason: reason.slice(0, 1_000),
      diedAt: isoTime(Date.now()),
      messageId: stored.messageId,
      kind: stored.kind,
      requestId: stored.requestId,
      topic: stored.topic,
      sender: null,
      headers: {},
      size: stored.body.length,
      body: parseJson(stored.body) ?? stored.body.toString('utf8'),
    }
    this.#dead.push({ letter, queue, stored })
    if (this.#dead.length > this.#maxDead) this.#dead.shift()
  }

  dead(limit: number): { letters: DeadLetter[]; total: number } {
    this.#mustBeUp()
    return { letters: this.#dead.slice(0, limit).map(({ letter }) => letter), total: this.#dead.length }
  }

  /** Puts a dead letter back into its queue; the queue's name, or undefined when there is none with this id. */
  replay(id: string): string | undefined {
    const found = this.#findDead(id)
    if (!found) return undefined
    this.store(found.queue, found.stored)
    this.discard(id)
    return found.queue
  }

  /** False when there is none with this id. */
  discard(id: string): boolean {
    const found = this.#findDead(id)
    this.#dead = this.#dead.filter((buried) => buried !== found)
    return found !== undefined
  }

  #findDead(id: string): Buried | undefined {
    this.#mustBeUp()
    return this.#dead.find(({ letter }) => letter.id === id)
  }

  depths(): QueueDepth[] {
    this.#mustBeUp()
    const queues = [...this.#queues.values()].map(({ name, waiting, readers }) => ({
      queue: name,
      messages: waiting.length,
      consumers: readers.length,
    }))
    return [...queues, { queue: 'events.dead', messages: this.#dead.length, consumers: 0 }]
  }

  #turn(up: boolean): void {
    if (this.#up === up) return
    this.#up = up
    for (const watcher of this.#watchers) watcher(up)
  }

  #mustBeUp(): void {
    if (!this.#up) throw new BusError('BUS_UNAVAILABLE', 'the broker is stopped')
  }

  #queue(name: string): MemoryQueue {
    this.#mustBeUp()
    const queue = this.#queues.get(name)
    if (!queue) throw new BusError('BUS_REJECTED', `there is no queue ${name}`)
    return queue
  }

  #pump(queue: MemoryQueue): void {
    const [reader] = queue.readers
    while (reader && queue.out.size < reader.prefetch) {
      const stored = queue.waiting.shift()
      if (!stored) return
      if (Date.now() - stored.storedAt > queue.ttlMs) {
        this.bury(queue.name, stored, 'expired')
        continue
      }
      queue.out.set(stored, reader)
      reader.deliver(stored)
    }
  }

  #release(queue: MemoryQueue, reader: Reader): void {
    const place = queue.readers.indexOf(reader)
    if (place < 0) return
    queue.readers.splice(place, 1)
    const back = [...queue.out].filter(([, holder]) => holder === reader).map(([stored]) => stored)
    for (const stored of back) {
      stored.redelivered = true
      queue.out.delete(stored)
    }
    back.sort((a, b) => a.position - b.position)
    queue.waiting.unshift(...back)
    this.#pump(queue)
  }
}

function emptyQueue(queue: string, name: QueueName): MemoryQueue {
  const ttlMs = name === 'events.processing' ? Number.POSITIVE_INFINITY : DAY_MS
  return { name: queue, ttlMs, waiting: [], readers: [], out: new Map() }
}
