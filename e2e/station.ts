/** A whole station for a spec file: `./stam up --json` on a free port with its own data folder, stopped at the end. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Page, test as base } from '@playwright/test'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const readyWithinMs = 90_000

export interface DemoUser {
  readonly email: string
  readonly password: string
  readonly role: string
}

export interface Station {
  readonly url: string
  readonly simulator: string
  readonly users: readonly DemoUser[]
  /** The code that makes the first administrator, where there is nobody. */
  readonly setupCode: string
  readonly dataDir: string
  /** The n-th user of a role, counting from 0. */
  user(role: string, nth?: number): DemoUser
  /** What a hand at a simulated panel does; `panel` is its id. */
  press(panel: string, action: Record<string, unknown>): Promise<void>
  /** Arms a panel that is not armed yet, at once, and names one of its armed zones. */
  armed(): Promise<{ readonly id: string; readonly zone: number }>
  /** The newest audit entries, as that role sees them. */
  audit(role: string): Promise<readonly { readonly action: string }[]>
  kill(signal: NodeJS.Signals): Promise<void>
  start(): Promise<void>
}

interface Ready {
  readonly ready: boolean
  readonly url: string
  readonly simulator: string
  readonly users: readonly DemoUser[]
  readonly setup: { readonly code: string } | null
}

/** @param args beside those every station of a spec gets. */
export async function startStation(...args: string[]): Promise<Station & { stop(): Promise<void> }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'stam-e2e-'))
  let child: ChildProcess
  let ready: Ready
  const launch = async (): Promise<void> => {
    ;[child, ready] = await launchStation(dataDir, args)
  }
  await launch()
  return {
    get url() {
      return ready.url
    },
    get simulator() {
      return ready.simulator
    },
    get users() {
      return ready.users
    },
    get setupCode() {
      return ready.setup?.code ?? ''
    },
    dataDir,
    user: (role, nth = 0) => {
      const found = ready.users.filter((user) => user.role === role)[nth]
      if (found === undefined) throw new Error(`the station has no ${role} number ${nth}`)
      return found
    },
    press: (panel, action) => pressOn(ready.simulator, panel, action),
    armed: async () => {
      const panels = await simulated<SimPanel[] | { data: SimPanel[] }>(ready.simulator, '/panels')
      for (const { id } of Array.isArray(panels) ? panels : panels.data) {
        const panel = await simulated<SimPanelDetail>(ready.simulator, `/panels/${id}`)
        if (panel.armed.length > 0 || !panel.connected) continue
        const zone = panel.zones.find(({ reaction }) => reaction === INSTANT)
        if (zone === undefined) continue
        await pressOn(ready.simulator, id, { action: 'arm', now: true })
        return { id, zone: zone.number }
      }
      throw new Error('every simulated panel is armed already')
    },
    audit: async (role) => {
      const user = ready.users.find((candidate) => candidate.role === role) as DemoUser
      const login = await fetch(`${ready.url}/api/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: ready.url },
        body: JSON.stringify({ email: user.email, password: user.password }),
      })
      const { access_token: token } = (await login.json()) as { access_token: string }
      const answer = await fetch(`${ready.url}/api/audit?limit=100`, { headers: { authorization: `Bearer ${token}` } })
      return ((await answer.json()) as { data: { action: string }[] }).data
    },
    kill: (signal) => end(child, signal),
    start: launch,
    stop: async () => {
      await end(child, 'SIGTERM')
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

async function launchStation(dataDir: string, args: readonly string[]): Promise<[ChildProcess, Ready]> {
  const child = spawn(join(root, 'stam'), ['up', '--json', '--port', '0', '--data', dataDir, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let stderr = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-4000)
  })
  const ready = await new Promise<Ready>((resolve, reject) => {
    let out = ''
    const timer = setTimeout(() => reject(new Error(`not ready in ${readyWithinMs} ms\n${stderr}`)), readyWithinMs)
    child.stdout?.on('data', (chunk: Buffer) => {
      out += chunk.toString()
      const line = out.split('\n').find((text) => text.startsWith('{"ready"'))
      if (line === undefined) return
      clearTimeout(timer)
      resolve(JSON.parse(line) as Ready)
    })
    child.once('exit', (code) => {
      clearTimeout(timer)
      reject(new Error(`the station ended with ${code}\n${stderr}`))
    })
  })
  return [child, ready]
}

/** Signals the whole process group, as a terminal or a supervisor would, and waits for the end. */
async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  process.kill(-(child.pid as number), signal)
  await gone
}

/** Reaction "instant" (protocol reference 6.2): alarms at once in an armed partition. */
const INSTANT = 5

interface SimPanel {
  readonly id: string
}

interface SimPanelDetail extends SimPanel {
  readonly connected: boolean
  readonly armed: readonly number[]
  readonly zones: readonly { readonly number: number; readonly reaction: number }[]
}

async function simulated<T>(simulator: string, path: string): Promise<T> {
  return (await (await fetch(simulator + path)).json()) as T
}

async function pressOn(simulator: string, panel: string, action: Record<string, unknown>): Promise<void> {
  const answer = await fetch(`${simulator}/panels/${panel}/do`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(action),
  })
  if (!answer.ok) throw new Error(`the simulator refused ${JSON.stringify(action)}: ${await answer.text()}`)
}

export const test = base.extend<object, { station: Station }>({
  station: [
    async ({ browserName: _ }, use) => {
      const station = await startStation()
      await use(station)
      await station.stop()
    },
    { scope: 'worker', timeout: 120_000 },
  ],
})

export async function signIn(page: Page, station: Station, user: DemoUser): Promise<void> {
  await page.goto(station.url)
  await page.getByTestId('login-email').fill(user.email)
  await page.getByTestId('login-password').fill(user.password)
  await page.getByTestId('login-submit').click()
  await page.getByTestId('status-bar').waitFor()
}
