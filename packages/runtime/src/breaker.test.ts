import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type BreakerInput, type BreakerState, CLOSED, createBreaker, stepBreaker } from './breaker.ts'
import { type Clock, systemClock } from './clock.ts'

const limits = { failures: 3, resetMs: 30_000 }
const OPEN: BreakerState = { kind: 'open', openedAt: 1_000 }
const HALF: BreakerState = { kind: 'half-open' }

type Row = 'closed' | 'closed, one failure short' | 'open' | 'half-open'
type Column = 'ask' | 'ask after the pause' | 'success' | 'failure'
type Expected = { to: BreakerState; admitted: boolean }

const ROWS: Record<Row, BreakerState> = {
  closed: CLOSED,
  'closed, one failure short': { kind: 'closed', failures: 2 },
  open: OPEN,
  'half-open': HALF,
}
const COLUMNS: Record<Column, BreakerInput> = {
  ask: { kind: 'ask', at: 2_000 },
  'ask after the pause': { kind: 'ask', at: 31_000 },
  success: { kind: 'success' },
  failure: { kind: 'failure', at: 2_000 },
}

const TABLE: Record<Row, Record<Column, Expected>> = {
  closed: {
    ask: { to: CLOSED, admitted: true },
    'ask after the pause': { to: CLOSED, admitted: true },
    success: { to: CLOSED, admitted: false },
    failure: { to: { kind: 'closed', failures: 1 }, admitted: false },
  },
  'closed, one failure short': {
    ask: { to: { kind: 'closed', failures: 2 }, admitted: true },
    'ask after the pause': { to: { kind: 'closed', failures: 2 }, admitted: true },
    success: { to: CLOSED, admitted: false },
    failure: { to: { kind: 'open', openedAt: 2_000 }, admitted: false },
  },
  open: {
    ask: { to: OPEN, admitted: false },
    'ask after the pause': { to: HALF, admitted: true },
    success: { to: OPEN, admitted: false },
    failure: { to: OPEN, admitted: false },
  },
  'half-open': {
    ask: { to: HALF, admitted: false },
    'ask after the pause': { to: HALF, admitted: false },
    success: { to: CLOSED, admitted: false },
    failure: { to: { kind: 'open', openedAt: 2_000 }, admitted: false },
  },
}

describe('every state meets every input', () => {
  for (const [row, columns] of Object.entries(TABLE)) {
    for (const [column, { to, admitted }] of Object.entries(columns)) {
      test(`${row} · ${column}`, () => {
        expect(stepBreaker(ROWS[row as Row], COLUMNS[column as Column], limits)).toEqual({ state: to, admitted })
      })
    }
  }
})

test('between two successes never more than the limit of calls is let through to something that keeps failing', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 40_000 }), { maxLength: 60 }), (pauses) => {
      let state: BreakerState = CLOSED
      let at = 0
      let trialsInARow = 0
      let admittedSinceOpen = 0
      for (const pause of pauses) {
        at += pause
        const before = state.kind
        const decision = stepBreaker(state, { kind: 'ask', at }, limits)
        state = decision.state
        if (!decision.admitted) continue
        if (before === 'open') trialsInARow++
        else admittedSinceOpen++
        state = stepBreaker(state, { kind: 'failure', at }, limits).state
      }
      expect(admittedSinceOpen).toBeLessThanOrEqual(limits.failures)
      expect(trialsInARow).toBeLessThanOrEqual(Math.floor(at / limits.resetMs))
    }),
  )
})

describe('around a call', () => {
  function breakerAt() {
    let at = 0
    const clock: Clock = { ...systemClock, monotonic: () => at }
    const changes: string[] = []
    const breaker = createBreaker({ name: 'redis', ...limits, clock, onChange: (state) => changes.push(state) })
    return { breaker, changes, advance: (ms: number) => (at += ms) }
  }
  const fail = () => Promise.reject(new Error('down'))
  const succeed = () => Promise.resolve('ok')

  test('opens after three failures in a row, refuses without calling, closes after a good trial', async () => {
    const { breaker, changes, advance } = breakerAt()
    for (let i = 0; i < 3; i++) await expect(breaker.run(fail)).rejects.toThrow('down')
    let called = false
    await expect(breaker.run(async () => (called = true))).rejects.toMatchObject({ code: 'BREAKER_OPEN' })
    expect(called).toBe(false)
    advance(30_000)
    await expect(breaker.run(succeed)).resolves.toBe('ok')
    expect(changes).toEqual(['open', 'half-open', 'closed'])
  })

  test('lets one trial through at a time', async () => {
    const { breaker, advance } = breakerAt()
    for (let i = 0; i < 3; i++) await breaker.run(fail).catch(() => undefined)
    advance(30_000)
    let finish = () => {}
    const trial = breaker.run(() => new Promise<void>((resolve) => (finish = resolve)))
    await expect(breaker.run(succeed)).rejects.toMatchObject({ code: 'BREAKER_OPEN' })
    finish()
    await trial
    expect(breaker.state).toBe('closed')
  })

  test('a call from before it opened decides nothing when it ends during the trial', async () => {
    const { breaker, advance } = breakerAt()
    let finishOld = () => {}
    const old = breaker.run(() => new Promise<void>((resolve) => (finishOld = resolve)))
    for (let i = 0; i < 3; i++) await breaker.run(fail).catch(() => undefined)
    advance(30_000)
    let failTrial: (error: Error) => void = () => {}
    const trial = breaker.run(() => new Promise<void>((_, reject) => (failTrial = reject)))
    finishOld()
    await old
    expect(breaker.state).toBe('half-open')
    failTrial(new Error('still down'))
    await expect(trial).rejects.toThrow('still down')
    expect(breaker.state).toBe('open')
  })

  test('an error that only blames the request does not count', async () => {
    const breaker = createBreaker({ name: 'x', ...limits, countsAsFailure: () => false })
    for (let i = 0; i < 5; i++) await breaker.run(fail).catch(() => undefined)
    expect(breaker.state).toBe('closed')
  })
})
