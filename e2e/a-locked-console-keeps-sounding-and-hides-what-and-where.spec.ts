/** App lock with PIN (spec 06, 08): nothing to read or press, but no critical alarm unheard. By keyboard alone. */
import { expect, type Page } from '@playwright/test'
import { signIn, test } from './station.ts'

const PIN = '2580'

async function choosePin(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/profile`)
  await page.getByTestId('pin').fill(PIN)
  await page.getByTestId('pin-again').fill(PIN)
  await page.getByTestId('pin-save').click()
  await expect(page.getByTestId('pin-saved')).toBeVisible()
}

async function lock(page: Page): Promise<void> {
  await page.locator('#main').focus()
  await page.keyboard.press('g')
  await page.keyboard.press('l')
  await expect(page.getByTestId('lock-screen')).toBeVisible()
}

test('locked with G L, it counts and sounds but names nothing, in every window; the PIN opens it', async ({
  page,
  context,
  station,
}) => {
  await signIn(page, station, station.user('OPERATOR'))
  await choosePin(page, station.url)
  const wall = await context.newPage()
  await wall.goto(station.url)
  await expect(wall.getByTestId('status-bar')).toBeVisible()
  await lock(page)
  await expect(wall.getByTestId('lock-screen')).toBeVisible()
  await expect(page.getByTestId('lock-critical')).toHaveCount(0)

  const panel = await station.armed()
  await station.press(panel.id, { action: 'violate', zone: panel.zone })
  await expect(page.getByTestId('lock-critical')).toBeVisible()
  await expect(page.getByTestId('lock-count-CRITICAL')).toContainText('1')
  await expect(page.getByTestId('lock-screen')).toHaveAttribute('data-ringing', 'true')
  const text = await page.locator('body').innerText()
  expect(text).not.toMatch(/Czujka|Włamanie|Sklep|ul\./)
  await expect(page.getByTestId('alarm-row')).toHaveCount(0)
  await page.keyboard.press('Escape')
  await page.keyboard.press('c')
  await expect(page.getByTestId('lock-screen')).toBeVisible()

  await page.reload()
  await expect(page.getByTestId('lock-screen')).toBeVisible()
  await expect(page.getByTestId('lock-critical')).toBeVisible()
  await page.keyboard.type('1397')
  await page.keyboard.press('Enter')
  await expect(page.getByTestId('unlock-problem')).toContainText('4')
  await page.keyboard.type(PIN)
  await page.keyboard.press('Enter')
  await expect(page.getByTestId('status-bar')).toBeVisible()
  await expect(wall.getByTestId('status-bar')).toBeVisible()
  await expect(page.getByTestId('mute')).toHaveAttribute('data-ringing', 'true')
})

test('five wrong PINs lead to the login', async ({ page, station }) => {
  await signIn(page, station, station.user('OPERATOR', 1))
  await choosePin(page, station.url)
  await lock(page)
  for (const [nth, pin] of ['1397', '1398', '1399', '1400', '1401'].entries()) {
    await page.getByTestId('unlock-pin').fill(pin)
    await page.keyboard.press('Enter')
    if (nth < 4) await expect(page.getByTestId('unlock-problem')).toContainText(String(4 - nth))
  }
  await expect(page.getByTestId('login')).toBeVisible()
  await page.getByTestId('login-email').fill(station.user('OPERATOR', 1).email)
  await page.getByTestId('login-password').fill(station.user('OPERATOR', 1).password)
  await page.getByTestId('login-submit').click()
  await expect(page.getByTestId('status-bar')).toBeVisible()
})

test('an idle console locks itself', async ({ page, station }) => {
  await page.clock.install()
  // An account no other story signs in with: it stays locking itself after a minute.
  await signIn(page, station, station.user('TECHNICIAN'))
  await choosePin(page, station.url)
  await page.getByTestId('lock-after-1').click()
  await expect(page.getByTestId('lock-after').locator('[data-selected]')).toHaveAttribute('data-testid', 'lock-after-1')
  await page.clock.runFor(50_000)
  await expect(page.getByTestId('lock-screen')).toHaveCount(0)
  await page.clock.runFor(15_000)
  await expect(page.getByTestId('lock-screen')).toBeVisible()
})
