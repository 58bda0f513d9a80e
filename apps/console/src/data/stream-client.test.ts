import type { ServerMessage } from '@stam/contracts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  initialStream,
  type StreamEffect,
  type StreamEvent,
  type StreamEventType,
  type StreamPhase,
  type StreamState,
  streamPhases,
  streamStep,
  streamTiming,
  wakeAt,
} from './stream-client.ts'

const t0 = 1_000_000
const envelope = { timestamp: '2026-11-21T20:00:00.000Z' }
const message = (type: string, data: unknown, sequence_id: number | null = null): ServerMessage =>
  ({ ...envelope, type, data, sequence_id }) as unknown as ServerMessage
const alarm = (n: number): ServerMessage => message('alarm.new', { id: `a${n}` }, n)
const hello = (position: number, contiguous = true): ServerMessage =>
  message('hello', { instance_id: 'b1', stream_position: position, server_time: envelope.timestamp, contiguous })
const subscribed = message('subscribed', { channels: ['alarms'] })
const replayDone = (to: number): ServerMessage => message('replay_done', { from: 0, to, count: 0, tier: 1 })
const overflow = (ms: number): ServerMessage => message('replay_overflow', { retry_after_ms: ms })
const pong = (id: number, position: number): ServerMessage => message('pong', { id, stream_position: position })
const status = (position: number): ServerMessage => message('system.status', { stream_position: position })

type Timeless = StreamEvent extends infer E ? (E extends unknown ? Omit<E, 'at'> : never) : never

/** Plays events one after the other and remembers every effect. */
function play(...events: (Timeless | number)[]) {
  let state = initialStream
  let at = t0
  const effects: StreamEffect[] = []
  for (const event of events) {
    if (typeof event === 'number') {
      at += event
      continue
    }
    const next = streamStep(state, { ...event, at } as StreamEvent)
    state = next.state
    effects.push(...next.effects)
  }
  return { state, effects, at, last: (event: Timeless) => streamStep(state, { ...event, at } as StreamEvent) }
}

const dial: Timeless[] = [{ type: 'start' }, { type: 'ticket', ticket: 'T' }, { type: 'open' }]
const upTo = (position: number, contiguous = true): Timeless[] => [
  ...dial,
  { type: 'snapshot', position },
  { type: 'message', message: hello(position, contiguous) },
  { type: 'message', message: subscribed },
  { type: 'message', message: replayDone(position) },
]
const heard = (one: ServerMessage): Timeless => ({ type: 'message', message: one })
const sent = (effects: readonly StreamEffect[]): string[] =>
  effects.flatMap((effect) => (effect.do === 'send' ? [effect.message.type] : []))
const does = (effects: readonly StreamEffect[]): string[] =>
  effects.map((effect) => (effect.do === 'send' ? `send ${effect.message.type}` : effect.do))

/** One way into each phase. */
const into: Record<StreamPhase, readonly Timeless[]> = {
  stopped: [],
  ticket: [{ type: 'start' }],
  dialling: [{ type: 'start' }, { type: 'ticket', ticket: 'T' }],
  syncing: dial,
  live: upTo(7),
  waiting: [...dial, { type: 'closed', code: 1006 }],
}

/** The event as it happens at once on arriving in the phase. */
const events: Record<StreamEventType, Timeless> = {
  start: { type: 'start' },
  stop: { type: 'stop' },
  tick: { type: 'tick' },
  hurry: { type: 'hurry' },
  channels: { type: 'channels', channels: ['alarms', 'panels'] },
  snapshot: { type: 'snapshot', position: 9 },
  ticket: { type: 'ticket', ticket: 'U' },
  ticket_failed: { type: 'ticket_failed', retryAfterMs: 0 },
  open: { type: 'open' },
  closed: { type: 'closed', code: 1006 },
  message: { type: 'message', message: alarm(8) },
  unreadable: { type: 'unreadable' },
  foreign: { type: 'foreign', sequenceId: 8 },
  token: { type: 'token', accessToken: 'fresh' },
}

type Expected = readonly [phase: StreamPhase, ...effects: string[]]
const still = (phase: StreamPhase): Expected => [phase]

const table: Record<StreamPhase, Record<StreamEventType, Expected>> = {
  stopped: {
    start: ['ticket', 'fetch_ticket'],
    stop: ['stopped', 'close_socket'],
    tick: still('stopped'),
    hurry: still('stopped'),
    channels: still('stopped'),
    snapshot: still('stopped'),
    ticket: still('stopped'),
    ticket_failed: still('stopped'),
    open: still('stopped'),
    closed: still('stopped'),
    message: still('stopped'),
    unreadable: still('stopped'),
    foreign: still('stopped'),
    token: still('stopped'),
  },
  ticket: {
    start: still('ticket'),
    stop: ['stopped', 'close_socket'],
    tick: still('ticket'),
    hurry: still('ticket'),
    channels: still('ticket'),
    snapshot: still('ticket'),
    ticket: ['dialling', 'open_socket'],
    ticket_failed: still('waiting'),
    open: still('ticket'),
    closed: still('ticket'),
    message: still('ticket'),
    unreadable: still('ticket'),
    foreign: still('ticket'),
    token: still('ticket'),
  },
  dialling: {
    start: still('dialling'),
    stop: ['stopped', 'close_socket'],
    tick: still('dialling'),
    hurry: still('dialling'),
    channels: still('dialling'),
    snapshot: still('dialling'),
    ticket: still('dialling'),
    ticket_failed: still('dialling'),
    open: ['syncing', 'send subscribe'],
    closed: still('waiting'),
    message: still('dialling'),
    unreadable: still('dialling'),
    foreign: still('dialling'),
    token: still('dialling'),
  },
  syncing: {
    start: still('syncing'),
    stop: ['stopped', 'close_socket'],
    tick: still('syncing'),
    hurry: ['syncing', 'send ping'],
    channels: ['syncing', 'send subscribe'],
    snapshot: still('syncing'),
    ticket: still('syncing'),
    ticket_failed: still('syncing'),
    open: still('syncing'),
    closed: still('waiting'),
    message: ['syncing', 'deliver'],
    unreadable: ['syncing', 'reload_list'],
    foreign: still('syncing'),
    token: ['syncing', 'send auth'],
  },
  live: {
    start: still('live'),
    stop: ['stopped', 'close_socket'],
    tick: still('live'),
    hurry: ['live', 'send ping'],
    channels: ['live', 'send subscribe'],
    snapshot: still('live'),
    ticket: still('live'),
    ticket_failed: still('live'),
    open: still('live'),
    closed: still('waiting'),
    message: ['live', 'deliver'],
    unreadable: ['syncing', 'reload_list'],
    foreign: still('live'),
    token: ['live', 'send auth'],
  },
  waiting: {
    start: still('waiting'),
    stop: ['stopped', 'close_socket'],
    tick: still('waiting'),
    hurry: ['ticket', 'fetch_ticket'],
    channels: still('waiting'),
    snapshot: still('waiting'),
    ticket: still('waiting'),
    ticket_failed: still('waiting'),
    open: still('waiting'),
    closed: still('waiting'),
    message: still('waiting'),
    unreadable: still('waiting'),
    foreign: still('waiting'),
    token: still('waiting'),
  },
}

describe('every event in every phase', () => {
  for (const phase of streamPhases) {
    for (const [type, [to, ...effects]] of Object.entries(table[phase])) {
      test(`${phase} · ${type}`, () => {
        const scene = play(...into[phase])
        expect(scene.state.phase).toBe(phase)
        const { state, effects: done } = scene.last(events[type as StreamEventType])
        expect([state.phase, ...does(done)]).toEqual([to, ...effects])
      })
    }
  }
})

describe('connecting', () => {
  test('ticket, socket, subscription, replay from the snapshot, live', () => {
    const { state, effects } = play({ type: 'channels', channels: ['alarms', 'system'] }, ...upTo(41))
    expect(does(effects)).toEqual(['fetch_ticket', 'open_socket', 'send subscribe', 'deliver', 'send replay_request'])
    expect(effects).toContainEqual({ do: 'send', message: { type: 'replay_request', last_sequence_id: 41 } })
    expect(state).toMatchObject({ phase: 'live', position: 41, attempt: 0, lostAt: null })
  })

  test('the replay waits for the snapshot when the socket was faster', () => {
    const scene = play(...dial, heard(subscribed))
    expect(sent(scene.effects)).toEqual(['subscribe'])
    expect(sent(scene.last({ type: 'snapshot', position: 5 }).effects)).toEqual(['replay_request'])
  })

  test('back-off 3, 6, 12, 24, 30, 30 s without an end, and a fresh ticket each time', () => {
    let state = play({ type: 'start' }).state
    let at = t0
    const waits: number[] = []
    for (let attempt = 0; attempt < 7; attempt += 1) {
      state = streamStep(state, { type: 'ticket_failed', retryAfterMs: 0, at }).state
      const retryAt = wakeAt(state) ?? 0
      waits.push(retryAt - at)
      expect(streamStep(state, { type: 'tick', at: retryAt - 1 }).state.phase).toBe('waiting')
      at = retryAt
      const step = streamStep(state, { type: 'tick', at })
      expect(does(step.effects)).toEqual(['fetch_ticket'])
      state = step.state
    }
    expect(waits).toEqual([3_000, 6_000, 12_000, 24_000, 30_000, 30_000, 30_000])
    expect(state.lostAt).toBe(t0)
  })

  test('a server that asks for more patience gets it', () => {
    const { state } = play({ type: 'start' }, { type: 'ticket_failed', retryAfterMs: 20_000 })
    expect(wakeAt(state)).toBe(t0 + 20_000)
  })

  test.each([
    ['a ticket that never comes', into.ticket, streamTiming.ticketMs, []],
    ['a socket that never opens', into.dialling, streamTiming.dialMs, ['close_socket']],
    ['a subscription that is never confirmed', into.syncing, streamTiming.subscribeMs, ['close_socket']],
    [
      'a replay that never ends',
      [...dial, { type: 'snapshot', position: 1 }, heard(subscribed)],
      streamTiming.replayMs,
      ['close_socket'],
    ],
  ] as [string, Timeless[], number, string[]][])('%s is given up', (_, way, ms, effects) => {
    const early = play(...way, ms - 1).last({ type: 'tick' })
    expect(early.state.phase).not.toBe('waiting')
    const late = play(...way, ms).last({ type: 'tick' })
    expect([late.state.phase, ...does(late.effects)]).toEqual(['waiting', ...effects])
  })

  test('signing out forgets what was heard', () => {
    const { state } = play(...upTo(9), heard(alarm(10)), { type: 'stop' })
    expect(state).toMatchObject({ phase: 'stopped', position: null, pending: [], told: 0 })
  })

  test('a session that ended on the server is renewed before the next attempt', () => {
    const { state, effects } = play(...upTo(9), { type: 'closed', code: 4002 })
    expect(effects.at(-1)).toEqual({ do: 'renew_session' })
    expect(state.phase).toBe('waiting')
  })

  test('auth_check is answered with a fresh token', () => {
    const scene = play(...upTo(9), heard(message('auth_check', { answer_within_ms: 10_000 })))
    expect(scene.effects.at(-1)).toEqual({ do: 'get_token' })
    expect(scene.last({ type: 'token', accessToken: 'fresh' }).effects).toEqual([
      { do: 'send', message: { type: 'auth', access_token: 'fresh' } },
    ])
  })
})

describe('heartbeat', () => {
  test('a dead link is known within 30 s of the last sign of life', () => {
    const scene = play(...upTo(9), streamTiming.heartbeatMs, { type: 'tick' })
    expect(sent(scene.effects).at(-1)).toBe('ping')
    expect(streamTiming.heartbeatMs + streamTiming.answerMs).toBeLessThanOrEqual(30_000)
    const dead = streamStep(scene.state, { type: 'tick', at: scene.at + streamTiming.answerMs })
    expect([dead.state.phase, ...does(dead.effects)]).toEqual(['waiting', 'close_socket'])
  })

  test('an answered ping gives the round trip and no reconnect', () => {
    const scene = play(...upTo(9), streamTiming.heartbeatMs, { type: 'tick' }, 120, heard(pong(1, 9)))
    expect(scene.state.roundTripMs).toBe(120)
    expect(streamStep(scene.state, { type: 'tick', at: scene.at + streamTiming.answerMs }).state.phase).toBe('live')
  })

  test('alarms alone do not prove that our side is heard', () => {
    const scene = play(...upTo(9), streamTiming.heartbeatMs, { type: 'tick' }, streamTiming.answerMs, heard(alarm(10)))
    expect(scene.last({ type: 'tick' }).state.phase).toBe('waiting')
  })

  test('the answer to an older ping is no answer', () => {
    const scene = play(...upTo(9), streamTiming.heartbeatMs, { type: 'tick' }, heard(pong(0, 9)), streamTiming.answerMs)
    expect(scene.last({ type: 'tick' }).state.phase).toBe('waiting')
  })
})

describe('numbers', () => {
  test('a hole is asked for after a moment, and the alarm above it is not held back', () => {
    const scene = play(...upTo(10), heard(alarm(12)))
    expect(scene.effects.at(-1)).toEqual({ do: 'deliver', message: alarm(12) })
    expect(scene.state).toMatchObject({ position: 10, pending: [12] })
    expect(wakeAt(scene.state)).toBe(t0 + streamTiming.gapGraceMs)
    const asked = streamStep(scene.state, { type: 'tick', at: t0 + streamTiming.gapGraceMs })
    expect(asked.effects).toEqual([{ do: 'send', message: { type: 'replay_request', last_sequence_id: 10 } }])
    const done = streamStep(asked.state, { type: 'message', message: replayDone(12), at: t0 + 200 })
    expect(done.state).toMatchObject({ phase: 'live', position: 12, pending: [], gapSince: null })
  })

  test('a hole that closes by itself is not asked for', () => {
    const { state } = play(...upTo(10), heard(alarm(12)), heard(alarm(11)))
    expect(state).toMatchObject({ position: 12, pending: [], gapSince: null })
  })

  test('filling one hole does not jump over the next', () => {
    const { state } = play(...upTo(10), heard(alarm(12)), heard(alarm(14)), heard(alarm(11)))
    expect(state).toMatchObject({ position: 12, pending: [14] })
    expect(state.gapSince).not.toBeNull()
  })

  test('a hole left after a replay is asked for again', () => {
    const scene = play(...upTo(10), heard(alarm(15)), streamTiming.gapGraceMs, { type: 'tick' }, heard(replayDone(12)))
    expect(scene.state).toMatchObject({ position: 12, pending: [15] })
    expect(sent(streamStep(scene.state, { type: 'tick', at: scene.at + streamTiming.gapGraceMs }).effects)).toEqual([
      'replay_request',
    ])
  })

  test('a repeated number is delivered again (versions decide) and moves nothing', () => {
    const scene = play(...upTo(10), heard(alarm(9)))
    expect(scene.effects.at(-1)).toEqual({ do: 'deliver', message: alarm(9) })
    expect(scene.state.position).toBe(10)
  })

  test('overflow: reload by REST after the given time, then replay from the new snapshot', () => {
    const scene = play(...upTo(10), heard(alarm(90)), streamTiming.gapGraceMs, { type: 'tick' }, heard(overflow(700)))
    expect(scene.effects.at(-1)).toEqual({ do: 'reload_list', afterMs: 700 })
    expect(scene.state).toMatchObject({ phase: 'syncing', position: null })
    const next = scene.last({ type: 'snapshot', position: 95 })
    expect(next.effects).toEqual([{ do: 'send', message: { type: 'replay_request', last_sequence_id: 95 } }])
  })

  test('too many numbers above a hole: a reload is cheaper', () => {
    const flood = Array.from({ length: streamTiming.pendingLimit + 1 }, (_, n) => heard(alarm(20 + n)))
    const { state, effects } = play(...upTo(10), ...flood)
    expect(effects.at(-1)).toEqual({ do: 'reload_list', afterMs: 0 })
    expect(state.position).toBeNull()
  })

  test('without a position the numbers are bounded and no second reload begins', () => {
    const flood = Array.from({ length: streamTiming.pendingLimit + 10 }, (_, n) => heard(alarm(20 + n)))
    const { state, effects } = play(...dial, ...flood)
    expect(effects.some((effect) => effect.do === 'reload_list')).toBe(false)
    expect(state.pending.length).toBeLessThanOrEqual(streamTiming.pendingLimit)
  })

  test('a server that knows less than we do was replaced: nothing of ours counts any more', () => {
    const { state, effects } = play(
      ...upTo(500),
      { type: 'closed', code: 1006 },
      { type: 'hurry' },
      { type: 'ticket', ticket: 'T' },
      { type: 'open' },
      heard(hello(3)),
    )
    expect(effects.at(-1)).toEqual({ do: 'reload_list', afterMs: 0 })
    expect(state.position).toBeNull()
  })

  test('a pong or a status that knows more than has arrived makes us ask', () => {
    for (const one of [pong(0, 12), status(12)]) {
      const scene = play(...upTo(10), heard(one), streamTiming.behindGraceMs)
      expect(sent(scene.last({ type: 'tick' }).effects)).toEqual(['replay_request'])
    }
    const caught = play(...upTo(10), heard(status(11)), heard(alarm(11)), heard(status(11)), streamTiming.behindGraceMs)
    expect(sent(caught.last({ type: 'tick' }).effects)).toEqual([])
  })

  test('a message of a type we do not know counts and is not delivered', () => {
    const scene = play(...upTo(10), { type: 'foreign', sequenceId: 11 })
    expect(scene.state.position).toBe(11)
    expect(scene.effects.filter((effect) => effect.do === 'deliver')).toHaveLength(1)
  })

  test('an unreadable alarm sends us to REST, a second later', () => {
    expect(play(...upTo(10), { type: 'unreadable' }).effects.at(-1)).toEqual({ do: 'reload_list', afterMs: 1_000 })
  })

  test('a snapshot never takes a trusted position back', () => {
    expect(play(...upTo(10), { type: 'snapshot', position: 4 }).state.position).toBe(10)
    expect(play(...upTo(10), { type: 'snapshot', position: 14 }).state.position).toBe(14)
  })

  test('with a site scope holes mean nothing: no replay, and the position follows what arrives', () => {
    const scene = play(...upTo(10, false), heard(alarm(15)), heard(alarm(40)), 5_000)
    expect(scene.state).toMatchObject({ position: 40, pending: [], gapSince: null })
    expect(sent(scene.last({ type: 'tick' }).effects)).toEqual([])
    expect(scene.last(heard(pong(0, 60))).state.position).toBe(60)
  })

  test('with a site scope, what arrives during the replay is in order behind it', () => {
    const { state } = play(
      ...dial,
      { type: 'snapshot', position: 10 },
      heard(hello(30, false)),
      heard(subscribed),
      heard(alarm(33)),
      heard(replayDone(31)),
    )
    expect(state).toMatchObject({ phase: 'live', position: 33, pending: [] })
  })
})

/** A server that numbers alarms and loses, repeats and delays them on the way; a client that must miss none. */
describe('random walk', () => {
  const act = fc.oneof(
    { weight: 6, arbitrary: fc.constant('publish' as const) },
    { weight: 2, arbitrary: fc.constant('lose' as const) },
    { weight: 1, arbitrary: fc.constant('repeat' as const) },
    { weight: 1, arbitrary: fc.constant('drop' as const) },
    { weight: 3, arbitrary: fc.constant('time' as const) },
    { weight: 1, arbitrary: fc.constant('overflow' as const) },
  )

  test('every number is delivered, or covered by a snapshot, whatever the network does', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 120 }), fc.boolean(), (acts, contiguous) => {
        const centre = new ModelCentre(contiguous)
        for (const one of acts) centre.play(one)
        centre.settle()
        expect(centre.state.phase).toBe('live')
        expect(centre.state.position).toBe(centre.head)
        expect(centre.missing()).toEqual([])
      }),
      { numRuns: 400 },
    )
  })
})

class ModelCentre {
  state: StreamState = initialStream
  head = 3
  readonly #contiguous: boolean
  readonly #got = new Set<number>()
  #at = t0
  #covered = 0
  #socket = false
  #overflowNext = false
  /** With a scope every third number is not for us. */
  readonly #hidden = (n: number): boolean => !this.#contiguous && n % 3 === 0

  constructor(contiguous: boolean) {
    this.#contiguous = contiguous
    this.#feed({ type: 'channels', channels: ['alarms'] })
    this.#feed({ type: 'start' })
    this.#snapshot()
  }

  play(act: 'publish' | 'lose' | 'repeat' | 'drop' | 'time' | 'overflow'): void {
    if (act === 'time') return this.#pass(700)
    if (act === 'overflow') this.#overflowNext = true
    if (act === 'drop' && this.#socket) {
      this.#socket = false
      this.#feed({ type: 'closed', code: 1006 })
    }
    if (act === 'repeat' && this.#socket && this.head > 1) this.#hear(alarm(this.head - 1))
    if (act !== 'publish' && act !== 'lose') return
    this.head += 1
    // A scoped connection has no way to know a hole, so the server must not make one: it closes a slow client instead.
    const lost = act === 'lose' && this.#contiguous
    if (!lost && this.#socket && !this.#hidden(this.head)) this.#hear(alarm(this.head))
  }

  /** Time enough for every back-off, heartbeat and replay. */
  settle(): void {
    for (let n = 0; n < 200; n += 1) this.#pass(1_000)
  }

  missing(): number[] {
    const all = Array.from({ length: this.head }, (_, n) => n + 1)
    return all.filter((n) => n > this.#covered && !this.#hidden(n) && !this.#got.has(n))
  }

  #pass(ms: number): void {
    const until = this.#at + ms
    let ticks = 0
    for (let wake = wakeAt(this.state); wake !== null && wake <= until; wake = wakeAt(this.state)) {
      ticks += 1
      if (ticks > 1_000) throw new Error('a deadline that passes without anything happening')
      this.#at = Math.max(this.#at, wake)
      this.#feed({ type: 'tick' })
    }
    this.#at = until
  }

  #hear(one: ServerMessage): void {
    this.#feed({ type: 'message', message: one })
  }

  #snapshot(): void {
    this.#covered = Math.max(this.#covered, this.head)
    this.#feed({ type: 'snapshot', position: this.head })
  }

  #feed(event: Timeless): void {
    const { state, effects } = streamStep(this.state, { ...event, at: this.#at } as StreamEvent)
    this.state = state
    for (const effect of effects) this.#answer(effect)
  }

  #answer(effect: StreamEffect): void {
    if (effect.do === 'fetch_ticket') this.#feed({ type: 'ticket', ticket: 'T' })
    if (effect.do === 'open_socket') {
      this.#socket = true
      this.#feed({ type: 'open' })
      this.#hear(hello(this.head, this.#contiguous))
    }
    if (effect.do === 'close_socket') this.#socket = false
    if (effect.do === 'reload_list') this.#snapshot()
    if (effect.do === 'deliver' && effect.message.sequence_id !== null) this.#got.add(effect.message.sequence_id)
    if (effect.do === 'send' && this.#socket) this.#receive(effect.message)
  }

  #receive(sentMessage: { readonly type: string; readonly id?: number; readonly last_sequence_id?: number }): void {
    if (sentMessage.type === 'subscribe') this.#hear(subscribed)
    if (sentMessage.type === 'ping') this.#hear(pong(sentMessage.id ?? 0, this.head))
    if (sentMessage.type !== 'replay_request') return
    if (this.#overflowNext) {
      this.#overflowNext = false
      return this.#hear(overflow(0))
    }
    for (let n = (sentMessage.last_sequence_id ?? 0) + 1; n <= this.head; n += 1)
      if (!this.#hidden(n)) this.#hear(alarm(n))
    this.#hear(replayDone(this.head))
  }
}
