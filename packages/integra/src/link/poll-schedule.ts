import { COMMAND } from '../codec/command-numbers.ts'
import { encodeFrame } from '../codec/frame.ts'
import { stateRow } from '../codec/state-table.ts'
import type { CommandContext } from '../commands/command.ts'
import { newDataBytes, readNewData } from '../commands/new-data.ts'
import { readClock, readState } from '../commands/read-commands.ts'
import type { Request } from './exchange.ts'
import { changedPlan, fullPlan, isOptional, isQuiet, isSlow } from './poll-plan.ts'

/** Unanswered so often, an optional state is taken for absent. */
const STRIKES = 2

/** Requests without parameters are the same for every link: each form is encoded once in a process. */
function sharedRequest(command: number, payload: Uint8Array, matches: Request['matches']): Request {
  const frame = encodeFrame(command, payload)
  return { command, payload, frame, kind: 'read', matches, silenceIsAnswer: false, repeatable: true }
}

/** Every panel answers it, and never by a result. */
const CLOCK_REQUEST: Request = {
  ...sharedRequest(COMMAND.clock, new Uint8Array(0), readClock.matches),
  neverRefused: true,
}
const NEW_DATA_REQUESTS = [0, 1, 2].map((bytes) =>
  sharedRequest(COMMAND.newData, new Uint8Array(bytes), readNewData.matches),
)
/** By command, wide form and slowness. */
const stateRequests = new Map<number, Request>()

function stateRequest(command: number, context: CommandContext): Request {
  const slow = isSlow(command, context)
  const key = command * 4 + (context.maskBytes === 32 ? 2 : 0) + (slow ? 1 : 0)
  let request = stateRequests.get(key)
  if (request === undefined) {
    const row = stateRow(command)
    if (row === undefined) throw new RangeError(`command ${command} is no state read`)
    const read = readState[row.name]
    request = sharedRequest(command, read.encode(undefined, context), read.matches)
    if (slow) request = { ...request, slow: true }
    stateRequests.set(key, request)
  }
  return request
}

/** Bytes of the requests for the length of an answer to 0x7F. */
function newDataRequest(context: CommandContext): Request {
  return NEW_DATA_REQUESTS[newDataBytes(context) - 5] as Request
}

export interface PollTimes {
  readonly pollIntervalMs: number
  readonly fullReadIntervalMs: number
  readonly keepAliveMs: number
}

const NEVER = Number.POSITIVE_INFINITY

/**
 * Decides what a link asks next: the list of new data every second, what it names, everything every few minutes, and
 * the clock as keep-alive. What is new goes before what is merely due. Times are monotonic milliseconds.
 */
export class PollSchedule {
  readonly #times: PollTimes
  #context: CommandContext | undefined
  /** Everything this panel answers. */
  #all: readonly number[] = []
  /** What the complete read under way, or the next one, reads. */
  #full: readonly number[] = []
  #changed: readonly number[] = []
  #changedAt = 0
  /** undefined while no complete read is under way. */
  #fullAt: number | undefined
  #nextPoll = NEVER
  #nextClock = NEVER
  #clockIntervalMs = NEVER
  #nextFull = NEVER
  readonly #strikes = new Map<number, number>()

  constructor(times: PollTimes) {
    this.#times = times
  }

  /** A connection has been identified: what can be read is known from here on. */
  begin(context: CommandContext): void {
    this.stop()
    this.#context = context
    const absent = new Set([...this.#strikes].filter(([, count]) => count >= STRIKES).map(([command]) => command))
    this.#all = fullPlan(context, absent)
  }

  /**
   * The read that makes a link usable: everything but what takes a version 1 module up to 5 s each (reference 4.1). Until it is
   * over nothing is polled, so what is slow waits for {@link serve} and goes between the polls.
   */
  startFirstRead(): void {
    const context = this.#context
    this.#full = context === undefined ? [] : this.#all.filter((command) => !isSlow(command, context))
    this.#fullAt = 0
  }

  /**
   * From here on by the clock. A module that pushes is asked for no list, so that only the clock tells that the link carries anything at all: it is
   * asked as often as others are asked for the list, or a dead link would be noticed ten seconds later.
   *
   * @param phase 0..1, spreads what many links ask over the intervals: thousands that come back together would otherwise all read everything
   * in the same second, every five minutes
   */
  serve(now: number, push: boolean, phase: number): void {
    const { pollIntervalMs, keepAliveMs } = this.#times
    this.#clockIntervalMs = push ? Math.min(pollIntervalMs, keepAliveMs) : keepAliveMs
    this.#nextClock = now + (push ? (this.#clockIntervalMs * (1 + phase)) / 2 : keepAliveMs)
    this.#nextFull = now + (this.#times.fullReadIntervalMs * (1 + phase)) / 2
    const context = this.#context
    this.#changed = context === undefined ? [] : this.#all.filter((command) => isSlow(command, context))
    this.#changedAt = 0
    // Before something slow it is asked whether there is news.
    const pause = this.#changed.length > 0 ? 0 : phase * pollIntervalMs
    this.#nextPoll = push ? NEVER : now + pause
  }

  stop(): void {
    this.#changed = []
    this.#changedAt = 0
    this.#fullAt = undefined
    this.#nextPoll = this.#nextClock = this.#nextFull = NEVER
  }

  requestFullRead(now: number): void {
    if (this.#nextFull !== NEVER) this.#nextFull = now
  }

  /** The clock, out of turn: behind its answer nothing older can come. */
  fence(now: number): Request {
    if (this.#nextClock !== NEVER) this.#nextClock = now + this.#clockIntervalMs
    return CLOCK_REQUEST
  }

  /** When there will be something to ask. */
  get nextDue(): number {
    return Math.min(this.#nextPoll, this.#nextClock, this.#nextFull)
  }

  /** State commands to subscribe to: all that are read; the clock comes by keep-alive. */
  get subscription(): readonly number[] {
    return this.#all
  }

  /** The request that is due, or undefined. */
  next(now: number): Request | undefined {
    const context = this.#context
    if (context === undefined) return undefined
    const changed = this.#changed[this.#changedAt]
    // Before something slow it is asked whether there is news.
    if (changed !== undefined && !(this.#nextPoll <= now && isSlow(changed, context))) {
      this.#changedAt++
      return stateRequest(changed, context)
    }
    if (this.#nextPoll <= now) {
      this.#nextPoll = advance(this.#nextPoll, this.#times.pollIntervalMs, now)
      return newDataRequest(context)
    }
    if (this.#nextClock <= now) {
      this.#nextClock = advance(this.#nextClock, this.#clockIntervalMs, now)
      return CLOCK_REQUEST
    }
    if (this.#fullAt === undefined && this.#nextFull <= now) {
      this.#nextFull = now + this.#times.fullReadIntervalMs
      this.#full = this.#all
      this.#fullAt = 0
    }
    if (this.#fullAt === undefined || this.#fullAt >= this.#full.length) return undefined
    return stateRequest(this.#full[this.#fullAt++] as number, context)
  }

  /** Whether the last answer ended a complete read; true once. */
  endFullRead(): boolean {
    if (this.#fullAt === undefined || this.#fullAt < this.#full.length) return false
    if (this.#changedAt < this.#changed.length) return false
    this.#fullAt = undefined
    return true
  }

  /** Takes the answer to 0x7F. @returns whether it named anything but the clock */
  takeNewData(mask: Uint8Array): boolean {
    const context = this.#context
    if (context === undefined || isQuiet(mask)) return false
    const plan = changedPlan(mask, this.#all, context)
    // What is slow is named by nothing but its circumstances, so a later list must not forget it.
    const left = this.#changed.slice(this.#changedAt).filter((command) => isSlow(command, context))
    this.#changed = [...plan, ...left.filter((command) => !plan.includes(command))]
    this.#changedAt = 0
    return true
  }

  /**
   * A state read was refused or not answered at all. An optional one is given up after two strikes.
   * @returns whether the panel can lawfully lack it
   */
  miss(command: number): boolean {
    if (!isOptional(command)) return false
    this.#strikes.set(command, (this.#strikes.get(command) ?? 0) + 1)
    return true
  }

  /** A state read was answered: earlier silence was not its fault. */
  answered(command: number): void {
    if (this.#strikes.size > 0) this.#strikes.delete(command)
  }
}

/** Keeps the phase; a link that fell behind does not catch up by asking twice. */
function advance(due: number, interval: number, now: number): number {
  const next = due + interval
  return next > now ? next : next + (Math.floor((now - next) / interval) + 1) * interval
}
