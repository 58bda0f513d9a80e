// Spec 09 HA-02, reference "HA stack" (nginx): one entry, and neither a killed nor a draining backend costs a request or a screen.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Child, until } from '../child.ts'
import { Screen } from '../screen.ts'
import { type Operator, type Stack, startStack } from '../stack.ts'

let folder: string
let stack: Stack
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stam-nginx-'))
  stack = await startStack({ folder, panels: 2, scale: { backend: 2, relay: 1, worker: 1 }, nginx: true })
}, 120_000)
afterAll(async () => {
  await stack.close()
  await rm(folder, { recursive: true, force: true })
})

it.each(['SIGKILL', 'SIGTERM'] as const)(
  '%s of one backend under requests: none fails, and the screen comes back',
  async (signal) => {
    const screen = new Screen([stack.entryUrl], stack.operators[0] as Operator)
    await screen.open()
    const login = await fetch(`${stack.entryUrl}/api/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: stack.entryUrl },
      body: JSON.stringify(stack.operators[1]),
    })
    const { access_token: token } = (await login.json()) as { access_token: string }
    const statuses: number[] = []
    let asking = true
    // Differing user agents are differing clients to nginx, so that both backends are asked.
    const client = async (name: string) => {
      while (asking) {
        const answer = await fetch(`${stack.entryUrl}/api/alarms`, {
          headers: { authorization: `Bearer ${token}`, 'user-agent': `${name}-${statuses.length % 8}` },
        })
        await answer.arrayBuffer()
        statuses.push(answer.status)
      }
    }
    const clients = Array.from({ length: 6 }, (_, n) => client(`client-${n}`))
    try {
      await until(() => statuses.length > 50, 10_000)
      for (const backend of stack.backends as readonly Child[]) {
        const before = statuses.length
        await backend.end(signal)
        await until(() => statuses.length > before + 100, 10_000)
        await backend.start()
        // Two gone at once would be another promise: the next goes only once nginx asks this one again.
        expect(await until(async () => (await served(backend)) > 0, 15_000)).toBe(true)
      }
    } finally {
      asking = false
      await Promise.all(clients)
    }
    expect(statuses.filter((status) => status !== 200)).toEqual([])
    // Each backend went once, so wherever the screen was it lost its connection once at least.
    expect(await until(() => screen.reconnects > 0, 10_000)).toBe(true)
    await screen.close()
  },
  120_000,
)

/** Answers of this backend to the requests of the test since it was started. */
async function served(backend: Child): Promise<number> {
  const text = await (await fetch(backend.readyUrl.replace('/readyz', '/metrics'))).text()
  const count = /^http_requests_total\{[^}]*route="\/api\/alarms"[^}]*\} (\d+)/m.exec(text)
  return Number(count?.[1] ?? 0)
}
