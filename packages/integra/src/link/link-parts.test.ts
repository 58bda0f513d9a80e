import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { COMMAND } from '../codec/command-numbers.ts'
import { encodeFrame } from '../codec/frame.ts'
import { panelType } from '../codec/panel-types.ts'
import { NO_CAPABILITIES } from '../codec/versions.ts'
import type { CommandContext } from '../commands/command.ts'
import { DiscardLog } from './discard-log.ts'
import { Exchange, type RawOutcome } from './exchange.ts'
import { changedPlan, fullPlan, hintsAtMemory, isQuiet } from './poll-plan.ts'
import { PollSchedule } from './poll-schedule.ts'
import { StateStore } from './state-store.ts'
import { TimerWheel } from './timer-wheel.ts'

const CONTEXT: CommandContext = {
  panel: panelType(67),
  capabilities: { wideData: true, part8: true, armOptions: false },
  v2: true,
  maskBytes: 16,
  codePage: 'windows-1250',
}

describe('state store', () => {
  test('reports a difference once, with what was there before', () => {
    const store = new StateStore()
    expect(store.read(2)).toBeUndefined()
    expect(store.update(2, new Uint8Array(16))).toEqual({ bits: new Uint8Array(16), previous: undefined })
    expect(store.update(2, new Uint8Array(16))).toBeUndefined()
    const alarm = new Uint8Array(16)
    alarm[15] = 0x80
    expect(store.update(2, alarm)).toEqual({ bits: alarm, previous: new Uint8Array(16) })
    expect(store.all()).toEqual({ zonesAlarm: alarm })
    expect(store.update(0x80, alarm)).toBeUndefined()
  })

  test('what it hands out does not change with the next answer', () => {
    const store = new StateStore()
    const first = store.update(2, new Uint8Array(16).fill(1))?.bits
    store.update(2, new Uint8Array(16).fill(2))
    expect(first).toEqual(new Uint8Array(16).fill(1))
  })

  test('a narrow answer on a wide panel leaves the upper half alone', () => {
    const store = new StateStore()
    store.setWide(true)
    store.update(2, new Uint8Array(32).fill(0xff))
    expect(store.update(2, new Uint8Array(16).fill(0xff))).toBeUndefined()
    expect(store.update(2, new Uint8Array(16))?.bits).toEqual(
      Uint8Array.of(...new Uint8Array(16), ...new Uint8Array(16).fill(0xff)),
    )
  })

  test('neighbours do not touch each other', () => {
    const store = new StateStore()
    for (let command = 0; command <= 0x31; command++) store.update(command, new Uint8Array(64).fill(command))
    for (const bits of Object.values(store.all())) expect(new Set(bits).size).toBe(1)
    expect(Object.keys(store.all())).toHaveLength(0x32)
  })
})

describe('poll plan', () => {
  test('parts 6 and 7 are read on a 256 Plus, part 8 with its capability', () => {
    const plan = (context: CommandContext) => new Set(fullPlan(context, new Set()))
    expect([0x2c, 0x30].map((it) => plan(CONTEXT).has(it))).toEqual([false, true])
    expect([0x2c, 0x30].map((it) => plan({ ...CONTEXT, panel: panelType(72) }).has(it))).toEqual([true, true])
    const v1 = { ...CONTEXT, panel: panelType(72), v2: false, capabilities: NO_CAPABILITIES }
    expect([0x2c, 0x30].map((it) => plan(v1).has(it))).toEqual([false, false])
    expect(plan(CONTEXT).has(COMMAND.clock)).toBe(false)
    expect(fullPlan(CONTEXT, new Set([0x1b]))).not.toContain(0x1b)
  })

  test('changes keep the order of urgency, alarms first', () => {
    const plan = fullPlan(CONTEXT, new Set())
    const mask = new Uint8Array(7).fill(0xff)
    expect(changedPlan(mask, plan, CONTEXT)).toEqual(plan)
    mask.fill(0)
    mask[0] = 0b101
    expect(changedPlan(mask, plan, CONTEXT)).toEqual([COMMAND.zonesAlarm, COMMAND.zonesViolated])
    expect(changedPlan(new Uint8Array(5), plan, CONTEXT)).toEqual([])
  })

  test('what takes a version 1 module seconds comes last, and only where it must have changed', () => {
    const v1 = { ...CONTEXT, v2: false, capabilities: NO_CAPABILITIES }
    const plan = fullPlan(v1, new Set())
    const slow = [0x28, 0x29, 0x2a, 0x2b]
    expect(plan.slice(-4).sort((a, b) => a - b)).toEqual(slow)
    const planned = (command: number, context = v1) => {
      const mask = new Uint8Array(5)
      mask[command >> 3] = 1 << (command & 7)
      return changedPlan(mask, plan, context).filter((it) => slow.includes(it))
    }
    expect(planned(COMMAND.partitionsArmed)).toEqual([COMMAND.partitionsArmedMode1])
    expect(planned(COMMAND.partitionsEntryDelay)).toEqual([COMMAND.partitionsWarningAlarm])
    expect(planned(COMMAND.partitionsAlarm)).toEqual([])
    expect(planned(COMMAND.partitionsAlarm, CONTEXT as typeof v1)).toEqual([COMMAND.partitionsArmedMode1])
  })

  test('a panel that only ticks is quiet', () => {
    const mask = new Uint8Array(7)
    expect(isQuiet(mask)).toBe(true)
    mask[3] = 0b100
    expect(isQuiet(mask)).toBe(true)
    mask[3] = 0b1100
    expect(isQuiet(mask)).toBe(false)
    mask[3] = 0
    mask[6] = 1
    expect(isQuiet(mask)).toBe(false)
  })

  test('what hints at new records', () => {
    const hints = Array.from({ length: 0x32 }, (_, command) => command).filter(hintsAtMemory)
    expect(hints).not.toContain(0x06)
    expect(hints).not.toContain(0x18)
    expect(hints).not.toContain(COMMAND.clock)
    expect(hints).toEqual(expect.arrayContaining([0x00, 0x05, 0x09, 0x17, 0x1b, 0x31]))
  })
})

describe('poll schedule', () => {
  const TIMES = { pollIntervalMs: 1000, fullReadIntervalMs: 300_000, keepAliveMs: 10_000 }
  const started = (push = false, phase = 0.5) => {
    const polls = new PollSchedule(TIMES)
    polls.begin(CONTEXT)
    polls.serve(0, push, phase)
    return polls
  }

  test('polls keep their phase, and a link that fell behind asks once, not often', () => {
    const polls = started()
    expect(polls.nextDue).toBe(500)
    expect(polls.next(499)).toBeUndefined()
    expect(polls.next(505)?.command).toBe(COMMAND.newData)
    expect(polls.nextDue).toBe(1500)
    expect(polls.next(9700)?.command).toBe(COMMAND.newData)
    expect(polls.next(9700)).toBeUndefined()
    expect(polls.nextDue).toBe(10_000)
    expect(polls.next(10_500)?.command).toBe(COMMAND.newData)
    expect(polls.next(10_500)?.command).toBe(COMMAND.clock)
    expect(polls.nextDue).toBe(11_500)
  })

  test('where changes are pushed the clock is asked as often as others are asked for the list: nothing else tells of a dead link', () => {
    const polls = started(true)
    const asked = Array.from({ length: 50 }, (_, n) => polls.next(n * 100)?.command)
    expect(asked.flatMap((command, n) => (command === undefined ? [] : [[n * 100, command]]))).toEqual(
      [800, 1800, 2800, 3800, 4800].map((at) => [at, COMMAND.clock]),
    )
  })

  test('links that came back together do not read everything together, and each does so within the interval', () => {
    /** When complete reads begin on a link whose other questions never come. */
    const fullReads = (phase: number) => {
      const polls = new PollSchedule({ ...TIMES, pollIntervalMs: 10_000_000, keepAliveMs: 10_000_000 })
      polls.begin(CONTEXT)
      polls.serve(0, true, phase)
      const first = polls.nextDue
      expect(polls.next(first - 1)).toBeUndefined()
      while (polls.next(first) !== undefined);
      expect(polls.endFullRead()).toBe(true)
      return [first, polls.nextDue]
    }
    expect(fullReads(0)).toEqual([150_000, 450_000])
    expect(fullReads(0.5)).toEqual([225_000, 525_000])
    expect(fullReads(1)).toEqual([300_000, 600_000])
  })

  test('before a slow read of a version 1 module it is asked for news, and the slow read is not forgotten', () => {
    const polls = new PollSchedule(TIMES)
    polls.begin({ ...CONTEXT, v2: false, capabilities: NO_CAPABILITIES })
    polls.serve(0, false, 0)
    const take = (command: number) => {
      const mask = new Uint8Array(5)
      mask[command >> 3] = 1 << (command & 7)
      polls.takeNewData(mask)
    }
    /** Everything asked at that moment, up to and with the next list of new data or slow read. */
    const asked = (now: number) => {
      const commands: number[] = []
      for (let it = polls.next(now); it !== undefined; it = polls.next(now)) {
        commands.push(it.command)
        if (it.command === COMMAND.newData || it.slow === true) break
      }
      return commands
    }
    expect(asked(0)).toEqual([COMMAND.newData])
    // What the first read has left out comes as soon as the first list is there, one at a time.
    const slow = [
      COMMAND.partitionsWarningAlarm,
      COMMAND.partitionsArmedMode1,
      COMMAND.zonesMasked,
      COMMAND.zonesMaskedMemory,
    ]
    expect(slow.map((_, after) => asked(1 + after))).toEqual(slow.map((command) => [command]))
    expect(asked(9)).toEqual([])
    take(COMMAND.partitionsArmed)
    expect(asked(1000).at(-1)).toBe(COMMAND.newData)
    take(COMMAND.zonesAlarm)
    expect(asked(1001)).toEqual([COMMAND.zonesAlarm, COMMAND.partitionsArmedMode1])
    expect(asked(1002)).toEqual([])
  })

  test('with push only the clock and the full read are due', () => {
    const polls = started(true)
    expect(polls.nextDue).toBe(750)
    expect(polls.next(300_000)?.command).toBe(COMMAND.clock)
    const first = polls.next(300_000)?.command
    expect(first).toBe(COMMAND.partitionsAlarm)
  })

  test('a full read ends once, after its last answer', () => {
    const polls = started()
    polls.startFirstRead()
    let reads = 0
    while (polls.next(0) !== undefined) {
      reads++
      expect(polls.endFullRead()).toBe(reads === polls.subscription.length)
    }
    expect(reads).toBe(polls.subscription.length)
    expect(polls.endFullRead()).toBe(false)
  })

  test('requests are shared between links, their bytes encoded once', () => {
    const [one, two] = [started(), started()]
    expect(one.next(1000)).toBe(two.next(1000))
    one.startFirstRead()
    two.startFirstRead()
    expect(one.next(0)).toBe(two.next(0))
  })

  test('a state is given up after two misses in a row, not after two in a lifetime', () => {
    const polls = started()
    const planned = () => {
      polls.begin(CONTEXT)
      return polls.subscription.includes(COMMAND.troubles1)
    }
    expect(polls.miss(COMMAND.troubles1)).toBe(true)
    polls.answered(COMMAND.troubles1)
    polls.miss(COMMAND.troubles1)
    expect(planned()).toBe(true)
    polls.miss(COMMAND.troubles1)
    expect(planned()).toBe(false)
    for (let i = 0; i < 5; i++) expect(polls.miss(COMMAND.zonesAlarm)).toBe(false)
    expect(planned() || polls.subscription.includes(COMMAND.zonesAlarm)).toBe(true)
  })

  test('stopped, it asks nothing', () => {
    const polls = started()
    polls.startFirstRead()
    polls.stop()
    expect([polls.nextDue, polls.next(1e9)]).toEqual([Number.POSITIVE_INFINITY, undefined])
    polls.requestFullRead(0)
    expect(polls.nextDue).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('exchange', () => {
  const request = (command: number, kind: 'read' | 'control', outcomes: RawOutcome[] = [], expiresAt = 100) => ({
    command,
    payload: new Uint8Array(0),
    frame: encodeFrame(command),
    kind,
    matches: (answer: Uint8Array) => answer.length === 4,
    silenceIsAnswer: false,
    repeatable: kind === 'read',
    expiresAt,
    beforeSend: undefined,
    settle: (outcome: RawOutcome) => outcomes.push(outcome),
  })
  const answered: RawOutcome = { kind: 'answered', payload: new Uint8Array(4) }
  const silent: RawOutcome = { kind: 'unknown', reason: 'timed_out' }

  test('a read takes its own number and an error, not a success', () => {
    const exchange = new Exchange()
    exchange.sent(request(0x0a, 'read'), 0, 10)
    expect(exchange.match(0x0a, new Uint8Array(4))?.kind).toBe('answered')
    expect(exchange.match(0x0a, new Uint8Array(5))).toBeUndefined()
    expect(exchange.match(0x0b, new Uint8Array(4))).toBeUndefined()
    expect(exchange.match(0xef, Uint8Array.of(0x08))).toEqual({ kind: 'result', code: 8 })
    expect(exchange.match(0xef, Uint8Array.of(0xff))).toBeUndefined()
    expect(exchange.match(0xef, Uint8Array.of(0x08, 0))).toBeUndefined()
  })

  test('a control takes any result and is never sent again', () => {
    const exchange = new Exchange()
    exchange.sent(request(0x84, 'control'), 0, 3000)
    for (const code of [0x00, 0xff, 0x11, 0x77]) {
      expect(exchange.match(0xef, Uint8Array.of(code))).toEqual({ kind: 'result', code })
    }
    expect(exchange.takeDamaged()).toBeUndefined()
    expect(exchange.takeRepeat(2999)).toBeUndefined()
    expect(exchange.nextRepeat).toBe(Number.POSITIVE_INFINITY)
  })

  test('a read is sent again after a third and two thirds of its limit; what is slow after three quarters', () => {
    const exchange = new Exchange()
    const times = (it: ReturnType<typeof request>, limit: number) => {
      exchange.sent(it, 1000, limit)
      const found: number[] = []
      for (; exchange.nextRepeat < exchange.deadline; exchange.takeRepeat(exchange.nextRepeat)) {
        found.push(exchange.nextRepeat - 1000)
      }
      return found
    }
    expect(times(request(0x0a, 'read'), 3000)).toEqual([1000, 2000])
    expect(times({ ...request(0x7d, 'read'), slow: true } as never, 8000)).toEqual([6000])
    expect(times({ ...request(0xe0, 'read'), repeatable: false }, 3000)).toEqual([])
  })

  test('a process that was held up looks into its sockets before it calls an answer overdue', () => {
    const exchange = new Exchange()
    exchange.sent(request(0x0a, 'read'), 0, 3000)
    expect([exchange.isOverdue(2999), exchange.isOverdue(3020)]).toEqual([false, true])
    exchange.sent(request(0x0a, 'read'), 0, 3000)
    expect([exchange.isOverdue(9000), exchange.deadline, exchange.isOverdue(9050), exchange.isOverdue(9100)]).toEqual([
      false,
      9100,
      false,
      true,
    ])
    exchange.sent(request(0x0a, 'read'), 9100, 3000)
    expect(exchange.isOverdue(20_000)).toBe(false)
  })

  test('a damaged answer is asked for again once', () => {
    const exchange = new Exchange()
    exchange.sent(request(0x0a, 'read'), 0, 10)
    expect(exchange.takeDamaged()).toBeDefined()
    expect(exchange.takeDamaged()).toBeUndefined()
    exchange.sent(request(0x0a, 'read'), 0, 10)
    expect(exchange.takeDamaged()).toBeDefined()
  })

  test('after a repeated or unanswered read only an answer that no result can be opens the fence', () => {
    const fence = { ...request(0x1a, 'read'), neverRefused: true }
    for (const prepare of [(it: Exchange) => it.takeRepeat(9), (it: Exchange) => it.takeDamaged(), () => undefined]) {
      const exchange = new Exchange()
      exchange.sent(request(0xee, 'read'), 0, 10)
      const repeated = prepare(exchange) !== undefined
      exchange.settle(repeated ? answered : silent)
      expect(exchange.fenced).toBe(true)
      // A late result of the old request does not end the fence's own flight.
      exchange.sent(fence, 10, 10)
      expect(exchange.match(0xef, Uint8Array.of(0x08))).toBeUndefined()
      exchange.settle(silent)
      expect(exchange.fenced).toBe(true)
      exchange.sent(fence, 20, 10)
      exchange.takeRepeat(29)
      exchange.settle(answered)
      expect(exchange.fenced).toBe(false)
    }
    const exchange = new Exchange()
    exchange.sent(request(0xee, 'read'), 0, 10)
    exchange.settle(answered)
    expect(exchange.fenced).toBe(false)
  })

  test('what has expired is never taken', () => {
    const exchange = new Exchange()
    const outcomes: RawOutcome[] = []
    const old = request(0x84, 'control', outcomes, 50)
    const young = request(0x85, 'control', outcomes, 150)
    exchange.enqueue(old, 'command')
    exchange.enqueue(young, 'command')
    expect(exchange.nextExpiry).toBe(50)
    expect(exchange.take('command', 50)).toBe(young)
    expect(outcomes).toEqual([{ kind: 'not_sent', reason: 'expired' }])
    expect(exchange.cancel(old)).toBe(false)
  })

  test('a lost connection: in flight unknown, waiting not sent, no fence left', () => {
    const exchange = new Exchange()
    const flight: RawOutcome[] = []
    const waiting: RawOutcome[] = []
    const sent = request(0x84, 'control', flight)
    exchange.sent(sent, 0, 10, sent.settle)
    exchange.enqueue(request(0x85, 'control', waiting), 'command')
    exchange.enqueue(request(0x8c, 'read', waiting), 'background')
    exchange.fail('not_ready')
    expect(flight).toEqual([{ kind: 'unknown', reason: 'connection_lost' }])
    expect(waiting).toEqual([
      { kind: 'not_sent', reason: 'not_ready' },
      { kind: 'not_sent', reason: 'not_ready' },
    ])
    expect([exchange.deadline, exchange.fenced]).toEqual([Number.POSITIVE_INFINITY, false])
  })
})

test('discards are reported at most once a second, and at the end', () => {
  const log = new DiscardLog()
  log.add('noise', 3, 1)
  expect(log.take(0, 7)).toEqual([{ type: 'discarded', reason: 'noise', bytes: 3, count: 1, receivedAt: 7 }])
  log.add('noise', 3, 1)
  log.add('noise', 4, 2)
  log.add('bad_crc', 5, 1)
  expect(log.take(999, 7)).toEqual([])
  expect(log.take(1000, 8).map((it) => [it.reason, it.bytes, it.count])).toEqual([
    ['noise', 7, 3],
    ['bad_crc', 5, 1],
  ])
  log.add('noise', 1, 1)
  expect(log.take(1001, 8, true)).toHaveLength(1)
  expect(log.take(9999, 8, true)).toEqual([])
})

describe('timer wheel', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  test('never early, at most a tick late, also beyond one turn of the wheel', () => {
    const wheel = new TimerWheel()
    const due = [0, 1, 19, 20, 21, 500, 10_239, 10_240, 10_241, 25_000, 60_000]
    const start = performance.now()
    const fired: number[] = []
    for (const delay of due) {
      wheel.schedule(delay, () => {
        const late = performance.now() - start - delay
        expect(late).toBeGreaterThanOrEqual(0)
        expect(late).toBeLessThanOrEqual(40)
        fired.push(delay)
      })
    }
    vi.advanceTimersByTime(61_000)
    expect(fired).toEqual(due)
    expect(wheel.waiting).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('cancelled is cancelled, twice is once, and an idle wheel stands still', () => {
    const wheel = new TimerWheel()
    const task = vi.fn()
    const cancel = wheel.schedule(100, task)
    wheel.schedule(50, () => cancel())
    vi.advanceTimersByTime(1000)
    cancel()
    expect(task).not.toHaveBeenCalled()
    expect([wheel.waiting, vi.getTimerCount()]).toEqual([0, 0])
    wheel.schedule(30, task)
    vi.advanceTimersByTime(100)
    expect(task).toHaveBeenCalledTimes(1)
  })

  test('a task may schedule the next, and a late process does not run it twice', () => {
    const wheel = new TimerWheel()
    let runs = 0
    const again = () => {
      if (++runs < 5) wheel.schedule(100, again)
    }
    wheel.schedule(100, again)
    vi.advanceTimersByTime(5000)
    expect(runs).toBe(5)
  })
})
