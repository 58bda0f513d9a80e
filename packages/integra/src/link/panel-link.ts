import { type ClockStatus, decodeClock } from '../codec/clock.ts'
import { COMMAND } from '../codec/command-numbers.ts'
import { PduCipher } from '../codec/pdu.ts'
import { resultCode } from '../codec/results.ts'
import { isStateLength, stateRow } from '../codec/state-table.ts'
import { decodeModuleVersion, decodePanelVersion, type ModuleVersion, type PanelVersion } from '../codec/versions.ts'
import type { CommandContext, PanelCommand } from '../commands/command.ts'
import { readEvent, readEventText, readName, readZoneTemperature } from '../commands/read-commands.ts'
import { ChangeHub } from './change-hub.ts'
import { PanelConnection } from './connection.ts'
import { DeadlineTimer } from './deadline-timer.ts'
import { DiscardLog } from './discard-log.ts'
import { Exchange, isQueued, type Lane, type QueuedRequest, type RawOutcome, type Request } from './exchange.ts'
import {
  backoffDelay,
  type IdentifyStep,
  type LinkConfig,
  type LinkEffect,
  type LinkInput,
  type LinkState,
  startLink,
  stepLink,
} from './machine.ts'
import { contextOf, identifyRequest, moduleLimitMs, unknownContext } from './identify.ts'
import { MemoryReader } from './memory-reader.ts'
import { readNames } from './name-reader.ts'
import { type ResolvedOptions, resolveOptions } from './options.ts'
import { prepare, toOutcome } from './outcome.ts'
import { nearestInstant, panelTimeToUtc } from './panel-time.ts'
import { hasCommand, hintsAtMemory } from './poll-plan.ts'
import { PollSchedule } from './poll-schedule.ts'
import { StateStore } from './state-store.ts'
import type {
  EventText,
  ExecuteOptions,
  LinkCounters,
  LinkStatus,
  MemoryRead,
  NamesRead,
  Outcome,
  PanelChange,
  PanelIdentity,
  PanelLink,
  PanelLinkOptions,
  PanelSnapshot,
  ReadMemoryOptions,
  ReadNamesOptions,
} from './types.ts'

const NEVER = Number.POSITIVE_INFINITY
const DEFAULT_EXPIRY_MS = 5000

/**
 * Opens a link to a panel and keeps it open: dials, identifies, reads everything, follows changes, and starts again
 * after every failure until it is closed. Returns at once; follow `onChange` or `status`.
 *
 * @throws RangeError for options no link can work with
 */
export function openPanelLink(options: PanelLinkOptions): PanelLink {
  return new TcpPanelLink(resolveOptions(options))
}

/** The edge around the machine: carries out its effects and tells it what happened. */
class TcpPanelLink implements PanelLink {
  readonly #options: ResolvedOptions
  readonly #config: LinkConfig
  readonly #cipher: PduCipher | undefined
  readonly #exchange = new Exchange()
  readonly #polls: PollSchedule
  readonly #store = new StateStore()
  readonly #discards = new DiscardLog()
  readonly #hub = new ChangeHub()
  readonly #memory: MemoryReader
  readonly #timer: DeadlineTimer
  readonly #counters = {
    bytesIn: 0,
    bytesOut: 0,
    framesIn: 0,
    framesOut: 0,
    pushes: 0,
    discardedBytes: 0,
    repeats: 0,
    timeouts: 0,
    connects: 0,
  }
  #state: LinkState
  #status: LinkStatus
  #connection: PanelConnection | undefined
  #gone: Promise<void> = Promise.resolve()
  #panel: PanelVersion | undefined
  #identity: PanelIdentity | undefined
  #context: CommandContext
  #lastClock: ClockStatus | undefined
  #cycle = 0
  #readAt = 0
  #receivedAt = 0
  /** End of dialling, listening, waiting, or of a ready link's first, unstable time; monotonic. */
  #phaseDeadline = NEVER
  #retryAt = 0
  #askedAt = 0
  #panelTookMs = 0
  /** The module has once answered 0x7C later than it was waited for. */
  #isPatient = false

  constructor(options: ResolvedOptions) {
    this.#options = options
    this.#config = { encrypted: options.integrationKey !== undefined, push: options.push }
    this.#cipher = options.integrationKey === undefined ? undefined : new PduCipher(options.integrationKey)
    this.#polls = new PollSchedule(options)
    this.#timer = new DeadlineTimer(options.clock, options.monotonic, () => this.#wake())
    this.#context = unknownContext(options.codePage)
    this.#memory = new MemoryReader({
      ask: (index, signal) => this.#request(readEvent, { index }, 'background', signal === undefined ? {} : { signal }),
      clock: () => this.#lastClock,
    })
    const { state, effects } = startLink()
    this.#state = state
    this.#status = { state: 'dialling', attempt: 1, since: options.clock.now() }
    for (const effect of effects) this.#carryOut(effect)
    this.#arm()
  }

  get status(): LinkStatus {
    return this.#status
  }

  get counters(): LinkCounters {
    const { bytesIn = 0, bytesOut = 0 } = this.#connection ?? {}
    const counters = this.#counters
    return { ...counters, bytesIn: counters.bytesIn + bytesIn, bytesOut: counters.bytesOut + bytesOut }
  }

  snapshot(): PanelSnapshot | undefined {
    if (this.#identity === undefined || this.#cycle === 0) return undefined
    return {
      identity: this.#identity,
      cycle: this.#cycle,
      readAt: this.#readAt,
      receivedAt: this.#receivedAt,
      clock: this.#lastClock,
      states: this.#store.all(),
    }
  }

  onChange(listener: (change: PanelChange) => void): () => void {
    return this.#hub.add(listener)
  }

  changes(): AsyncIterable<PanelChange> {
    return this.#hub.iterate()
  }

  execute<Args, Answer>(
    command: PanelCommand<Args, Answer>,
    args: Args,
    options: ExecuteOptions = {},
  ): Promise<Outcome<Answer>> {
    return this.#request(command, args, 'command', { expiresInMs: DEFAULT_EXPIRY_MS, ...options })
  }

  readMemory(options: ReadMemoryOptions): Promise<MemoryRead> {
    return this.#memory.read(options)
  }

  readNames(options?: ReadNamesOptions): Promise<NamesRead> {
    const ask = (type: Parameters<typeof readName.encode>[0]['type'], number: number, signal?: AbortSignal) =>
      this.#request(readName, { type, number }, 'background', signal === undefined ? {} : { signal })
    return readNames({ ask, panel: this.#context.panel }, options)
  }

  readEventText(
    event: { readonly code: number; readonly restore: boolean },
    length: 'long' | 'short' = 'long',
  ): Promise<Outcome<EventText>> {
    return this.#request(readEventText, { code: event.code, restore: event.restore, length }, 'background', {})
  }

  readTemperature(zone: number): Promise<Outcome<{ readonly zone: number; readonly celsius: number | undefined }>> {
    return this.#request(readZoneTemperature, { zone }, 'background', {})
  }

  requestFullRead(): void {
    this.#polls.requestFullRead(this.#now())
    this.#pump()
  }

  async close(): Promise<void> {
    this.#feed({ type: 'close' })
    await this.#gone
  }

  #now(): number {
    return this.#options.monotonic()
  }

  // --- machine ---------------------------------------------------------------------------------------------------

  #feed(input: LinkInput): void {
    const { state, effects } = stepLink(this.#config, this.#state, input)
    this.#state = state
    for (const effect of effects) this.#carryOut(effect)
    this.#publish()
    this.#arm()
  }

  #carryOut(effect: LinkEffect): void {
    switch (effect.type) {
      case 'dial':
        this.#dial()
        return
      case 'listen':
        this.#phaseDeadline = this.#now() + this.#options.listenFirstMs
        return
      case 'ask':
        this.#ask(effect.step)
        return
      case 'serve':
        this.#phaseDeadline = this.#now() + this.#options.stableAfterMs
        this.#polls.serve(this.#now(), this.#state.phase === 'ready' && this.#state.push, this.#options.random())
        return
      case 'drop':
        this.#drop()
        return
      case 'wait': {
        const { backoffMs, busyBackoffMs, random, clock } = this.#options
        let delay = backoffDelay(backoffMs, this.#state.failures, random())
        if (this.#state.phase === 'waiting' && this.#state.reason === 'busy') delay = Math.max(delay, busyBackoffMs)
        this.#phaseDeadline = this.#now() + delay
        this.#retryAt = clock.now() + delay
        return
      }
    }
  }

  #dial(): void {
    this.#counters.connects++
    this.#phaseDeadline = this.#now() + this.#options.dialTimeoutMs
    const { host, port, random } = this.#options
    this.#connection = new PanelConnection(
      { host, port, random, cipher: this.#cipher },
      {
        connected: () => this.#feed({ type: 'connected' }),
        frame: (command, payload) => this.#onFrame(command, payload),
        discarded: ({ reason, bytes, count }) => {
          this.#discard(reason, bytes, count)
          if (reason !== 'noise') this.#sendAgain(this.#exchange.takeDamaged())
        },
        busy: () => this.#feed({ type: 'busy' }),
        plainPeer: () => this.#feed({ type: 'plain_peer' }),
        badEcho: () => this.#feed({ type: 'bad_echo' }),
        closed: ({ connected, refused, heard }) => {
          this.#feed(connected ? { type: 'peer_closed', heard } : { type: 'dial_failed', refused })
        },
      },
    )
  }

  #drop(): void {
    const connection = this.#connection
    this.#connection = undefined
    this.#phaseDeadline = NEVER
    this.#polls.stop()
    if (connection !== undefined) {
      this.#counters.bytesIn += connection.bytesIn
      this.#counters.bytesOut += connection.bytesOut
      this.#gone = connection.destroy()
    }
    this.#exchange.fail(this.#state.phase === 'closed' ? 'closed' : 'not_ready')
    this.#reportDiscards(true)
  }

  #publish(): void {
    const previous = this.#status
    const status = this.#statusOf(this.#state)
    if (status.state === previous.state) return
    this.#status = status
    this.#hub.emit({ type: 'status', status, previous })
    if (status.state === 'closed') this.#hub.end()
  }

  #statusOf(state: LinkState): LinkStatus {
    const since = this.#options.clock.now()
    const attempt = state.failures + 1
    switch (state.phase) {
      case 'dialling':
        return { state: 'dialling', attempt, since }
      case 'listening':
      case 'identifying':
        return { state: 'identifying', attempt, since }
      case 'ready':
        return { state: 'ready', identity: this.#identity as PanelIdentity, push: state.push, since }
      case 'waiting':
        return { state: 'waiting', reason: state.reason, attempt: state.failures, retryAt: this.#retryAt, since }
      case 'closed':
        return { state: 'closed', since }
    }
  }

  // --- identifying -----------------------------------------------------------------------------------------------

  #ask(step: IdentifyStep): void {
    this.#phaseDeadline = NEVER
    if (step === 'states') {
      this.#polls.startFirstRead()
      this.#pump()
      return
    }
    const request = identifyRequest(step, this.#polls.subscription, this.#context)
    if (step === 'panel') this.#askedAt = this.#now()
    const limitMs = this.#isPatient ? this.#options.answerTimeoutMs : moduleLimitMs(this.#options, this.#panelTookMs)
    this.#send(step === 'module' ? { ...request, limitMs } : request)
  }

  #onIdentifying(step: IdentifyStep, outcome: RawOutcome): void {
    if (outcome.kind === 'result') {
      const accepted = step === 'subscribe' && resultCode(outcome.code).success
      this.#feed(accepted ? { type: 'answered', canPush: true } : { type: 'refused' })
      return
    }
    if (outcome.kind !== 'answered') return
    const { payload } = outcome
    switch (step) {
      case 'panel':
        this.#panelTookMs = this.#now() - this.#askedAt
        this.#panel = decodePanelVersion(payload)
        this.#feed({ type: this.#panel === undefined ? 'bad_answer' : 'answered' })
        return
      case 'module':
        this.#identify(decodeModuleVersion(payload))
        this.#feed({ type: 'answered', canPush: this.#context.v2 })
        return
      case 'clock':
        this.#feed({ type: this.#onClock(payload) ? 'answered' : 'bad_answer' })
        return
      default:
        return
    }
  }

  /** Panel and module are known: what they can do decides what is read and how wide. */
  #identify(module: ModuleVersion | undefined): void {
    if (this.#panel === undefined) return
    this.#context = contextOf(this.#panel, module, this.#options.codePage)
    this.#identity = { panel: this.#panel, type: this.#context.panel, module }
    this.#store.setWide(this.#context.maskBytes === 32)
    this.#polls.begin(this.#context)
  }

  // --- requests --------------------------------------------------------------------------------------------------

  #request<Args, Answer>(
    command: PanelCommand<Args, Answer>,
    args: Args,
    lane: Lane,
    options: ExecuteOptions,
  ): Promise<Outcome<Answer>> {
    const refuse = (outcome: Outcome<Answer>) => Promise.resolve(outcome)
    const { phase } = this.#state
    if (phase === 'closed') return refuse({ kind: 'not_sent', reason: 'closed' })
    if (phase !== 'ready') return refuse({ kind: 'not_sent', reason: 'not_ready' })
    if (options.signal?.aborted === true) return refuse({ kind: 'not_sent', reason: 'cancelled' })
    const prepared = prepare(command, args, this.#context)
    if (prepared.kind === 'not_sent') return refuse(prepared)
    return new Promise((resolve) => {
      const { expiresInMs, signal, beforeSend } = options
      const abort = () => this.#exchange.cancel(request)
      const request: QueuedRequest = {
        command: command.number,
        payload: prepared.payload,
        frame: prepared.frame,
        kind: command.kind,
        matches: command.matches,
        silenceIsAnswer: command.silenceIsAnswer === true,
        slow: command.slow === true,
        repeatable: command.kind === 'read' && command.secrets.length === 0,
        expiresAt: expiresInMs === undefined ? NEVER : this.#now() + expiresInMs,
        beforeSend,
        settle: (raw) => {
          signal?.removeEventListener('abort', abort)
          resolve(toOutcome(command, raw, this.#context))
        },
      }
      if (!this.#exchange.enqueue(request, lane)) {
        resolve({ kind: 'not_sent', reason: 'queue_full' })
        return
      }
      signal?.addEventListener('abort', abort, { once: true })
      this.#pump()
    })
  }

  /** Sends what is most urgent, if nothing is in flight. */
  #pump(): void {
    const { phase } = this.#state
    if (this.#connection === undefined || this.#exchange.inFlight !== undefined) return
    const now = this.#now()
    let request: Request | undefined
    if (this.#exchange.fenced && (phase === 'ready' || phase === 'identifying')) {
      request = this.#polls.fence(now)
    } else if (phase === 'ready') {
      request = this.#exchange.take('command', now) ?? this.#polls.next(now) ?? this.#exchange.take('background', now)
    } else if (phase === 'identifying' && this.#state.step === 'states') {
      request = this.#polls.next(now)
    }
    if (request !== undefined) this.#send(request)
    this.#arm()
  }

  #send(request: Request): void {
    const connection = this.#connection
    if (connection === undefined) {
      if (isQueued(request)) request.settle({ kind: 'not_sent', reason: 'closed' })
      return
    }
    const { answerTimeoutMs, slowAnswerTimeoutMs } = this.#options
    const limit = request.limitMs ?? (request.slow === true ? slowAnswerTimeoutMs : answerTimeoutMs)
    this.#exchange.sent(request, this.#now(), limit, isQueued(request) ? request.settle : undefined)
    this.#counters.framesOut++
    connection.send(request.frame)
  }

  /** Reads are asked again when their answer is missing or came damaged (reference 7); see `Exchange.fenced`. */
  #sendAgain(request: Request | undefined): void {
    if (request === undefined || this.#connection === undefined) return
    this.#counters.framesOut++
    this.#counters.repeats++
    this.#connection.send(request.frame)
  }

  // --- received --------------------------------------------------------------------------------------------------

  #onFrame(command: number, payload: Uint8Array): void {
    this.#counters.framesIn++
    this.#receivedAt = this.#options.clock.now()
    const request = this.#exchange.inFlight
    const outcome = this.#exchange.match(command, payload)
    if (request === undefined || outcome === undefined) {
      this.#onUnsolicited(command, payload)
      return
    }
    this.#exchange.settle(outcome)
    const state = this.#state
    if (!isQueued(request)) {
      if (state.phase === 'identifying' && state.step !== 'states') this.#onIdentifying(state.step, outcome)
      else this.#onPolled(command, request, outcome)
    }
    this.#pump()
  }

  #onPolled(command: number, request: Request, outcome: RawOutcome): void {
    if (outcome.kind === 'answered') {
      if (command === COMMAND.newData) this.#onNewData(outcome.payload)
      else if (command === COMMAND.clock) this.#onClock(outcome.payload)
      else {
        this.#polls.answered(command)
        this.#onState(command, outcome.payload, false)
      }
    } else if (!this.#polls.miss(request.command) && this.#state.phase === 'identifying') {
      this.#feed({ type: 'refused' })
      return
    }
    if (this.#polls.endFullRead()) this.#onFullRead()
  }

  #onNewData(mask: Uint8Array): void {
    if (!this.#polls.takeNewData(mask)) return
    for (let command = 0; command <= 0x31; command++) {
      if (!hintsAtMemory(command) || !hasCommand(mask, command)) continue
      this.#hub.emit({ type: 'memoryHint', cause: 'state', receivedAt: this.#receivedAt })
      return
    }
  }

  #onUnsolicited(command: number, payload: Uint8Array): void {
    if (command === COMMAND.moduleVersion && this.#identity !== undefined && !this.#identity.module) {
      // Taken for version 1 too early: everything was chosen for the wrong module. Once more, with all the time there is.
      this.#isPatient = true
      this.#feed({ type: 'silent' })
      return
    }
    const row = stateRow(command)
    if (this.#identity === undefined || (row === undefined && command !== COMMAND.readEvent)) {
      this.#discard('unexpected', payload.length + 1, 1)
      return
    }
    if (row === undefined) {
      this.#hub.emit({ type: 'memoryHint', cause: 'unsolicited', receivedAt: this.#receivedAt })
      return
    }
    this.#counters.pushes++
    if (command === COMMAND.clock) this.#onClock(payload)
    else if (isStateLength(row, payload.length)) this.#onState(command, payload, true)
    else this.#discard('undecodable', payload.length + 1, 1)
  }

  #onState(command: number, payload: Uint8Array, pushed: boolean): void {
    const row = stateRow(command)
    const change = this.#store.update(command, payload)
    if (row === undefined || change === undefined) return
    this.#hub.emit({ type: 'state', name: row.name, ...change, receivedAt: this.#receivedAt })
    if (pushed && hintsAtMemory(command)) {
      this.#hub.emit({ type: 'memoryHint', cause: 'state', receivedAt: this.#receivedAt })
    }
  }

  /** @returns whether it was a clock */
  #onClock(payload: Uint8Array): boolean {
    const clock = decodeClock(payload)
    if (clock === undefined) {
      this.#discard('undecodable', payload.length + 1, 1)
      return false
    }
    this.#lastClock = clock
    const { timeZone } = this.#options
    const receivedAt = this.#receivedAt
    let driftMs: number | undefined
    if (timeZone !== undefined) {
      const instant = panelTimeToUtc(clock.time, timeZone)
      if (instant.kind !== 'skipped') driftMs = nearestInstant(instant, receivedAt) - receivedAt
    }
    this.#hub.emit({ type: 'clock', clock, driftMs, receivedAt })
    return true
  }

  #onFullRead(): void {
    this.#cycle++
    this.#readAt = this.#options.clock.now()
    const snapshot = this.snapshot()
    if (snapshot !== undefined && this.#hub.hasListeners) {
      this.#hub.emit({ type: 'full', snapshot, cycle: this.#cycle, receivedAt: this.#receivedAt })
    }
    if (this.#state.phase === 'identifying') this.#feed({ type: 'answered' })
  }

  #discard(reason: Extract<PanelChange, { type: 'discarded' }>['reason'], bytes: number, count: number): void {
    this.#counters.discardedBytes += bytes
    this.#discards.add(reason, bytes, count)
    this.#reportDiscards(false)
  }

  #reportDiscards(urgent: boolean): void {
    const reports = this.#discards.take(this.#now(), this.#options.clock.now(), urgent)
    for (const report of reports) this.#hub.emit(report)
  }

  // --- time ------------------------------------------------------------------------------------------------------

  #arm(): void {
    this.#timer.setTo(this.#nextMoment(this.#now()))
  }

  #nextMoment(now: number): number {
    const { phase } = this.#state
    if (phase === 'closed') return NEVER
    const { nextExpiry, nextRepeat, deadline, inFlight } = this.#exchange
    if (phase !== 'ready') return Math.min(this.#phaseDeadline, nextRepeat, deadline)
    const { nextDue } = this.#polls
    // With a request in flight, what is overdue waits for the answer, not for the timer.
    return Math.min(
      this.#phaseDeadline,
      nextRepeat,
      deadline,
      nextExpiry,
      inFlight !== undefined && nextDue <= now ? NEVER : nextDue,
    )
  }

  #wake(): void {
    const now = this.#now()
    const { phase } = this.#state
    if (this.#phaseDeadline <= now) {
      this.#phaseDeadline = NEVER
      if (phase === 'dialling') this.#feed({ type: 'dial_failed', refused: false })
      else if (phase === 'listening') this.#feed({ type: 'quiet' })
      else if (phase === 'waiting') this.#feed({ type: 'retry' })
      else if (phase === 'ready') this.#feed({ type: 'stable' })
    } else if (this.#exchange.isOverdue(now)) {
      this.#onSilence()
    } else {
      this.#sendAgain(this.#exchange.takeRepeat(now))
      this.#exchange.expire(now)
    }
    this.#reportDiscards(false)
    this.#pump()
    this.#arm()
  }

  /** A time-out poisons the link, unless the module may lawfully stay silent: then the clock is asked first. */
  #onSilence(): void {
    const request = this.#exchange.inFlight
    if (request === undefined) return
    this.#counters.timeouts++
    this.#exchange.settle({ kind: 'unknown', reason: 'timed_out' })
    if (request.silenceIsAnswer) return
    if (this.#state.phase === 'identifying' && this.#state.step === 'module') this.#identify(undefined)
    if (!isQueued(request)) this.#polls.miss(request.command)
    this.#feed({ type: 'silent' })
  }
}
