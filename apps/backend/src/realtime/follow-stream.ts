/** Connects the hub with the world: broker, database notifications, replay buffer. */
import type { StreamMessage } from '@stam/contracts'
import type { Bus } from '@stam/bus'
import type { Live } from '@stam/live'
import type { Clock, Log } from '@stam/runtime'
import { numberOutbox, readStream, STREAM_CHANNEL, type Store } from '@stam/store'
import type { Telemetry } from '../telemetry.ts'
import { RING_FRAMES, StreamHub } from './stream-hub.ts'

export interface FollowedStream {
  readonly hub: StreamHub
  /**
   * Gives numbers to committed rows that no relay has numbered, so that alarms reach the screens with every relay dead. The rows stay
   * unpublished for the relays that come back; the other backends are notified.
   */
  numberLeftBehind(): void
  close(): Promise<void>
}

const READ_ROWS = 1_000

export async function followStream(options: {
  store: Store
  bus: Bus
  live: Live
  clock: Clock
  log: Log
  telemetry: Telemetry
  /** Messages kept in memory; what a replay wants beyond them is read from PostgreSQL. */
  ringFrames: number
}): Promise<FollowedStream> {
  const { store, bus, live, clock, log, telemetry, ringFrames } = options
  const buffer = keepReplayBuffer(live, clock, log)
  const hub: StreamHub = new StreamHub({
    readStream: (after, limit) => readStream(store, after, limit),
    calm: () => bus.status.state === 'up',
    onDelivered: (messages) => {
      const now = clock.now()
      for (const { timestamp, sequence_id, type, request_id } of messages) {
        telemetry.delivered((now - Date.parse(timestamp)) / 1000)
        log.info('change_delivered', { request_id, sequence_id, type })
      }
      buffer.append(messages)
    },
    onReset: (from, to) => log.error('stream_restarted', { from, to }),
    clock,
    log,
    ringFrames,
  })
  await hub.start((head) => recentMessages(store, live, head))
  const fromBus = bus.onStream((messages) => hub.accept(messages))
  const listening = await store.listen(STREAM_CHANNEL, (payload) => hub.hint(headOf(payload)))
  const unwatch = bus.onStatus(() => hub.hint())
  let numbering: Promise<void> | null = null

  async function numberAll(): Promise<void> {
    log.warn('relay_silent')
    try {
      while ((await numberOutbox(store, READ_ROWS, 0)).length === READ_ROWS);
    } catch (error) {
      log.warn('numbering_failed', { error })
    }
  }
  return {
    hub,
    numberLeftBehind() {
      numbering ??= numberAll().finally(() => {
        numbering = null
      })
    },
    async close() {
      unwatch()
      await numbering
      await Promise.all([fromBus.close(), listening.close(), hub.close()])
      await buffer.idle()
    },
  }
}

function headOf(payload: string | null): number | undefined {
  return payload !== null && /^\d{1,15}$/.test(payload) ? Number(payload) : undefined
}

/** The newest messages up to `head`: from the live store where it has all of them, which spares the database at a restart of many. */
async function recentMessages(store: Store, live: Live, head: number): Promise<StreamMessage[]> {
  const from = Math.max(0, head - RING_FRAMES)
  if (live.status.state === 'up') {
    const kept = await live.replay.since(from, RING_FRAMES).catch(() => null)
    const newest = kept?.complete ? kept.messages.filter((message) => message.sequence_id <= head) : []
    if (newest.length === head - from) return newest
  }
  const messages: StreamMessage[] = []
  for (;;) {
    const page = await readStream(store, messages.at(-1)?.sequence_id ?? from, READ_ROWS)
    messages.push(...page.messages.filter((message) => message.sequence_id <= head))
    if (page.messages.length < READ_ROWS || messages.at(-1)?.sequence_id === head) return messages
  }
}

/** What is missing at the end of the buffer is read from PostgreSQL; nobody waits for it. */
const BUFFER_EVERY_MS = 100

/** Hands delivered messages to the live store's buffer in the background: one batch at a time, bounded, losing nothing that matters. */
function keepReplayBuffer(live: Live, clock: Clock, log: Log) {
  let waiting: StreamMessage[] = []
  let writing: Promise<void> | null = null
  let hurry = (): void => {}

  const gathered = (): Promise<void> =>
    new Promise((resolve) => {
      const cancel = clock.setTimer(BUFFER_EVERY_MS, resolve)
      hurry = () => {
        cancel()
        resolve()
      }
    })

  async function write(): Promise<void> {
    while (waiting.length > 0) {
      await gathered()
      const batch = waiting
      waiting = []
      if (live.status.state !== 'up') continue
      await live.replay.append(batch).catch((error: unknown) => log.warn('replay_buffer_behind', { error }))
    }
  }
  return {
    append(messages: readonly StreamMessage[]): void {
      waiting = [...waiting, ...messages].slice(-RING_FRAMES)
      writing ??= write().finally(() => {
        writing = null
      })
    },
    async idle(): Promise<void> {
      hurry()
      await writing
    },
  }
}
