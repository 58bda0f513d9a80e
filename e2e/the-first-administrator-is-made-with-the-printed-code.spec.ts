/** First start (spec 06): nobody, no default password; the code printed by the station makes the first MASTER. */
import { expect, test } from '@playwright/test'
import { startStation } from './station.ts'

test('the code makes the first administrator, who is then inside; the next start shows the login', async ({
  browser,
}) => {
  test.setTimeout(150_000)
  const station = await startStation('--no-simulator')
  try {
    const page = await (await browser.newContext({ locale: 'pl-PL' })).newPage()
    await page.goto(station.url)
    await expect(page.getByTestId('first-start')).toBeVisible()
    await page.getByTestId('setup-submit').click()
    await expect(page.getByText('Co najmniej 2 znaki.')).toBeVisible()
    await page.getByTestId('setup-code').fill('aaaa-bbbb-cccc-dddd')
    await page.getByTestId('setup-name').fill('Anna Nowak')
    await page.getByTestId('setup-email').fill('anna@stacja.example')
    await page.getByTestId('setup-password').fill('AnnaNowak1')
    await page.getByTestId('setup-again').fill('AnnaNowak1')
    await page.getByTestId('setup-submit').click()
    await expect(page.getByTestId('setup-problem')).toContainText('kod')
    await page.getByTestId('setup-code').fill(station.setupCode.toUpperCase())
    await page.getByTestId('setup-submit').click()
    await expect(page.getByTestId('setup-problem')).toContainText('zbyt łatwe')
    await page.getByTestId('setup-password').fill('Zielony-Rower-48')
    await page.getByTestId('setup-again').fill('Zielony-Rower-48')
    await page.getByTestId('setup-again').press('Enter')
    await expect(page.getByTestId('status-bar')).toBeVisible()
    await expect(page.getByTestId('user-menu')).toContainText('Anna Nowak')

    const stranger = await (await browser.newContext()).newPage()
    await stranger.goto(station.url)
    await expect(stranger.getByTestId('login')).toBeVisible()
    await expect(stranger.getByTestId('first-start')).toHaveCount(0)
  } finally {
    await station.stop()
  }
})
