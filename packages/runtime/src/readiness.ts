import type { Clock } from './clock.ts'
import { systemClock } from './clock.ts'
import { withDeadline } from './deadline.ts'
import { redactText } from './redact.ts'

/** One dependency, as `/readyz` reports it (spec 05). */
export interface ReadinessCheck {
  /** Lower case, as in the answer: `postgresql`, `redis`, `rabbitmq`. */
  readonly name: string
  /** True when this process cannot serve without it. The others only make it degraded, so that one broker outage does not take every backend out of the proxy at once. */
  readonly essential: boolean
  /** Rejects when the dependency is down. Has 2 s (or `limitMs`); keep it cheap. */
  check(signal: AbortSignal): Promise<void>
  readonly limitMs?: number
}

export type CheckResult =
  | { readonly status: 'up'; readonly latency_ms: number }
  | { readonly status: 'down'; readonly error: string }
  /** Switched off by configuration: not asked, not missed. */
  | { readonly status: 'disabled' }

/** Body of `GET /readyz`; `not_ready` goes with 503. */
export interface ReadinessReport {
  readonly status: 'ready' | 'not_ready'
  /** Names of dependencies that are down and can be done without. */
  readonly degraded: readonly string[]
  readonly checks: Readonly<Record<string, CheckResult>>
}

export interface Readiness {
  add(check: ReadinessCheck): void
  /** Shows a dependency as switched off. */
  disable(name: string): void
  /** `starting` and `draining` are not ready whatever the dependencies say. */
  setLifecycle(state: Lifecycle): void
  readonly lifecycle: Lifecycle
  /** Asks all dependencies at once. Never rejects. Answers within the slowest limit. */
  report(): Promise<ReadinessReport>
}

export type Lifecycle = 'starting' | 'serving' | 'draining'

const CHECK_LIMIT_MS = 2_000

/** For what knows its own state and can be done without (broker, live store). */
export function statusCheck(
  name: string,
  of: { readonly status: { readonly state: string; readonly error: string | null } },
): ReadinessCheck {
  return {
    name,
    essential: false,
    check: async () => {
      if (of.status.state !== 'up') throw new Error(of.status.error ?? of.status.state)
    },
  }
}

export function createReadiness(options: { checks?: readonly ReadinessCheck[]; clock?: Clock } = {}): Readiness {
  const clock = options.clock ?? systemClock
  const checks = [...(options.checks ?? [])]
  const disabled = new Set<string>()
  let lifecycle: Lifecycle = 'starting'

  async function ask({ name, check, limitMs = CHECK_LIMIT_MS }: ReadinessCheck): Promise<CheckResult> {
    const startedAt = clock.monotonic()
    try {
      await withDeadline(name, limitMs, check, clock)
      return { status: 'up', latency_ms: Math.round((clock.monotonic() - startedAt) * 10) / 10 }
    } catch (error) {
      const text = error instanceof Error ? error.message || error.name : String(error)
      return { status: 'down', error: redactText(text) }
    }
  }

  return {
    add(check) {
      checks.push(check)
    },
    disable(name) {
      disabled.add(name)
    },
    setLifecycle(state) {
      lifecycle = state
    },
    get lifecycle() {
      return lifecycle
    },
    async report() {
      const results = await Promise.all(checks.map(async (check) => ({ check, result: await ask(check) })))
      const down = results.filter(({ result }) => result.status === 'down').map(({ check }) => check)
      const servable = lifecycle === 'serving' && !down.some((check) => check.essential)
      const own: CheckResult[] = lifecycle === 'serving' ? [] : [{ status: 'down', error: lifecycle }]
      return {
        status: servable ? 'ready' : 'not_ready',
        degraded: down.filter((check) => !check.essential).map((check) => check.name),
        checks: Object.fromEntries([
          ...own.map((result) => ['process', result] as const),
          ...results.map(({ check, result }) => [check.name, result] as const),
          ...[...disabled].map((name) => [name, { status: 'disabled' }] as const),
        ]),
      }
    },
  }
}
