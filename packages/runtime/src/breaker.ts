import type { Clock } from './clock.ts'
import { systemClock } from './clock.ts'
import { RuntimeError } from './errors.ts'

/**
 * The circuit breaker as a function (docs/machines/circuit-breaker.md). `closed` counts failures in a row; `open` lets
 * nothing through until `resetMs` have passed; `half-open` lets exactly one trial through, whose result decides.
 */
export type BreakerState =
  | { readonly kind: 'closed'; readonly failures: number }
  | { readonly kind: 'open'; readonly openedAt: number }
  | { readonly kind: 'half-open' }

/** `ask` is a call that wants through; the others are results of calls that were let through. Times are monotonic ms. */
export type BreakerInput =
  | { readonly kind: 'ask'; readonly at: number }
  | { readonly kind: 'success' }
  | { readonly kind: 'failure'; readonly at: number }

export interface BreakerLimits {
  /** Failures in a row that open it. */
  readonly failures: number
  readonly resetMs: number
}

export type BreakerDecision = { readonly state: BreakerState; readonly admitted: boolean }

export const CLOSED: BreakerState = { kind: 'closed', failures: 0 }

export function stepBreaker(state: BreakerState, input: BreakerInput, limits: BreakerLimits): BreakerDecision {
  switch (state.kind) {
    case 'closed':
      if (input.kind === 'ask') return { state, admitted: true }
      if (input.kind === 'success') return { state: state.failures === 0 ? state : CLOSED, admitted: false }
      return {
        state:
          state.failures + 1 >= limits.failures
            ? { kind: 'open', openedAt: input.at }
            : { kind: 'closed', failures: state.failures + 1 },
        admitted: false,
      }
    case 'open':
      // Results that arrive now belong to calls from before it opened; they prove nothing new.
      if (input.kind !== 'ask' || input.at - state.openedAt < limits.resetMs) return { state, admitted: false }
      return { state: { kind: 'half-open' }, admitted: true }
    case 'half-open':
      if (input.kind === 'ask') return { state, admitted: false }
      return { state: input.kind === 'success' ? CLOSED : { kind: 'open', openedAt: input.at }, admitted: false }
  }
}

export interface BreakerOptions extends BreakerLimits {
  /** What is behind it, e.g. `redis`; appears in the error. */
  readonly name: string
  readonly clock?: Clock
  readonly onChange?: (state: BreakerState['kind'], cause?: unknown) => void
  /** Whether an error says the dependency is ill (default) or only that this request was wrong. */
  readonly countsAsFailure?: (error: unknown) => boolean
}

export interface Breaker {
  readonly state: BreakerState['kind']
  /** Runs `work`, or rejects at once with `BREAKER_OPEN`. */
  run<T>(work: () => Promise<T>): Promise<T>
}

export function createBreaker(options: BreakerOptions): Breaker {
  const { name, clock = systemClock, onChange, countsAsFailure = () => true } = options
  let state: BreakerState = CLOSED
  /** Grows with every change of kind: a result from an earlier generation says nothing about the present one. */
  let generation = 0

  function apply(input: BreakerInput, cause?: unknown): boolean {
    const decision = stepBreaker(state, input, options)
    const changed = decision.state.kind !== state.kind
    state = decision.state
    if (changed) {
      generation++
      onChange?.(state.kind, cause)
    }
    return decision.admitted
  }

  return {
    get state() {
      return state.kind
    },
    async run(work) {
      if (!apply({ kind: 'ask', at: clock.monotonic() })) {
        throw new RuntimeError(
          'BREAKER_OPEN',
          `${name} is not asked for now: it failed ${options.failures} times in a row`,
        )
      }
      const admittedIn = generation
      const report = (input: BreakerInput, cause?: unknown) => {
        if (generation === admittedIn) apply(input, cause)
      }
      try {
        const result = await work()
        report({ kind: 'success' })
        return result
      } catch (error) {
        report(countsAsFailure(error) ? { kind: 'failure', at: clock.monotonic() } : { kind: 'success' }, error)
        throw error
      }
    },
  }
}
