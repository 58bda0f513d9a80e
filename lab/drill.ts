/** What a drill is, and what drills have in common. */
import type { Balance } from './books.ts'
import { until } from './child.ts'
import type { Screen } from './screen.ts'
import type { Operator, Stack } from './stack.ts'

export interface DrillContext {
  readonly stack: Stack
  readonly screens: readonly Screen[]
  /** Emits alarm signals evenly over all panels; resolves when the last one is emitted. */
  load(signals: number, overMs: number): Promise<void>
  /** Milliseconds until the condition holds, from the call; NaN when it does not within the time. */
  recovery(condition: () => Promise<boolean> | boolean, deadlineMs?: number): Promise<number>
  /** The books as soon as they balance, or as they are at the deadline. */
  balance(deadlineMs: number): Promise<Balance>
  say(line: string): void
  /** Further figures, told with the result; a name of a result's own field is not for this. */
  readonly measured: Record<string, number>
}

export interface Drill {
  readonly id: string
  readonly what: string
  /** Longest allowed recovery in ms, where the specification has one. */
  readonly rtoBarMs?: number
  /** Needs the lease times of production, hence a stack of its own; the others run with shorter ones. */
  readonly leases?: 'default'
  /** Told with the result. */
  readonly details?: Readonly<Record<string, unknown>>
  /** Returns the measured recovery time in ms, or NaN where there is none to measure. */
  run(context: DrillContext): Promise<number>
}

export function first<T>(items: readonly T[]): T {
  return items[0] as T
}

/** Whether a new signal of every panel reaches a screen within two seconds: the whole path works. */
export async function flows({ stack, screens, load }: DrillContext): Promise<boolean> {
  const wanted = first(screens).shown + stack.panelIds.size
  await load(stack.panelIds.size, 50)
  return (await until(() => first(screens).shown >= wanted, 2_000, 20)) === true
}

export async function owns(stack: Stack, worker: string, atLeast: number): Promise<boolean> {
  const [row] = await stack.store.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM panel_assignments WHERE owner_id = $1',
    [worker],
  )
  return (row?.n ?? 0) >= atLeast
}

export async function press(stack: Stack, panel: string, action: Record<string, unknown>): Promise<void> {
  const answer = await fetch(`${stack.simulatorUrl}/panels/${panel}/do`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(action),
  })
  if (!answer.ok) throw new Error(`the simulator refused: ${await answer.text()}`)
}

export type Ask = (method: string, path: string, body?: object) => Promise<{ status: number; body: unknown }>

/** Somebody signed in at one backend. */
export async function signIn(url: string, operator: Operator): Promise<Ask> {
  let token = ''
  const ask: Ask = async (method, path, body) => {
    const answer = await fetch(url + path, {
      method,
      headers: { 'content-type': 'application/json', origin: url, authorization: `Bearer ${token}` },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    const text = await answer.text()
    return { status: answer.status, body: text === '' ? null : JSON.parse(text) }
  }
  const login = await ask('POST', '/api/auth/login', { ...operator })
  token = (login.body as { access_token: string }).access_token
  return ask
}
