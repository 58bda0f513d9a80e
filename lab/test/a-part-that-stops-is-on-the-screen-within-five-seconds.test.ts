// Issue 3 "Degraded modes that really work", spec 01 "Modes": on the operator's screen within 5 s, which part and since when; gone again by itself.
import { type Browser, chromium, type Page } from '@playwright/test'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildConsole } from '../../cli/build-console.ts'
import { chromiumFlags, chromiumPath } from '../../e2e/config.ts'
import type { Operator, Stack } from '../stack.ts'
import { type SmallStack, startSmallStack } from './small-stack.ts'

const SHOWN_WITHIN_MS = 5_000
const ALARM_WITHIN_MS = 10_000
const GONE_WITHIN_MS = 10_000
const SETTLED_WITHIN_MS = 30_000

let small: SmallStack
let browser: Browser
let page: Page

beforeAll(async () => {
  await buildConsole(() => {})
  small = await startSmallStack()
  browser = await chromium.launch({ executablePath: chromiumPath, args: chromiumFlags })
  page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  const { email, password } = small.stack.operators[0] as Operator
  await page.goto(String(small.stack.backendUrls[0]))
  await page.getByTestId('login-email').fill(email)
  await page.getByTestId('login-password').fill(password)
  await page.getByTestId('login-submit').click()
  await page.getByTestId('status-bar').waitFor()
}, 240_000)
afterAll(async () => {
  await browser?.close()
  await small?.close()
})

interface Fault {
  readonly what: string
  readonly part: string
  readonly strike: (stack: Stack) => unknown
  readonly mend: (stack: Stack) => unknown
}

const faults: readonly Fault[] = [
  {
    what: 'RabbitMQ killed',
    part: 'RabbitMQ',
    strike: ({ rabbit }) => rabbit.kill(),
    mend: ({ rabbit }) => rabbit.start(),
  },
  {
    what: 'RabbitMQ frozen',
    part: 'RabbitMQ',
    strike: ({ rabbit }) => rabbit.freeze(),
    mend: ({ rabbit }) => rabbit.thaw(),
  },
  { what: 'Redis stopped', part: 'Redis', strike: ({ redis }) => redis.stop(), mend: ({ redis }) => redis.start() },
  { what: 'Redis frozen', part: 'Redis', strike: ({ redis }) => redis.freeze(), mend: ({ redis }) => redis.thaw() },
]

it.each(faults)(
  '$what',
  async ({ what, part, strike, mend }) => {
    const banner = page.getByTestId('banner-degraded')
    await banner.waitFor({ state: 'detached', timeout: SETTLED_WITHIN_MS })
    const struckAt = performance.now()
    const striking = Promise.resolve(strike(small.stack))
    await banner.waitFor({ timeout: SHOWN_WITHIN_MS })
    const shownMs = performance.now() - struckAt
    await striking
    const words = await banner.innerText()
    expect(words).toContain(part)
    expect(words).toMatch(/\d{2}:\d{2}:\d{2}/)

    // The whole point: what happens now is seen all the same.
    const known = await onScreen()
    const emittedAt = performance.now()
    await small.signals(1)
    await expect.poll(onScreen, { timeout: ALARM_WITHIN_MS, interval: 20 }).toBeGreaterThan(known)
    const alarmMs = performance.now() - emittedAt

    await mend(small.stack)
    const mendedAt = performance.now()
    await banner.waitFor({ state: 'detached', timeout: GONE_WITHIN_MS })
    const goneMs = performance.now() - mendedAt
    const rounded = Object.fromEntries(
      Object.entries({ shownMs, alarmMs, goneMs }).map(([name, ms]) => [name, Math.round(ms)]),
    )
    process.stderr.write(`${JSON.stringify({ fault: what, ...rounded })}\n`)
  },
  120_000,
)

/** Signals on the screen: each row stands for one, or for as many as it says. */
const onScreen = async (): Promise<number> => {
  const rows = await page.getByTestId('alarm-row').allInnerTexts()
  return rows.reduce((sum, text) => sum + Number(/×(\d+)/.exec(text)?.[1] ?? 1), 0)
}
