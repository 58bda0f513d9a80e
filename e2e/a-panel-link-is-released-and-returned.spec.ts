/** Spec 03 "DLOAD release" at the screen: a reason and a time, "released until" for everybody who looks, and back when told. */
import { expect } from '@playwright/test'
import { signIn, test } from './station.ts'

test('the link of a panel is given away, seen as released, and taken back', async ({ page, station }) => {
  await signIn(page, station, station.user('ADMIN'))
  await page.goto(`${station.url}/panels`)
  await page.locator('a[href^="/panels/"]').first().click()
  const link = page.getByTestId('panel-connection').first()
  await expect(link).toHaveAttribute('data-connection', 'CONNECTED', { timeout: 20_000 })

  await page.getByTestId('panel-release').click()
  await page.getByTestId('release-confirm').click()
  await expect(page.getByTestId('release-sheet')).toBeVisible()
  await page.screenshot({ path: test.info().outputPath('sheet.png') })
  await page.getByTestId('release-reason').fill('Wgranie nowych ustawień przez serwisanta')
  await page.getByTestId('release-confirm').click()
  await expect(page.getByTestId('release-sheet')).toHaveCount(0)
  await expect(link).toHaveAttribute('data-connection', 'RELEASED', { timeout: 20_000 })
  await expect(link).toContainText(/(do|until) \d\d:\d\d/)
  const notice = page.getByTestId('release-notice')
  await expect(notice).toContainText(/\d\d:\d\d/)
  await expect(notice).toContainText('Wgranie nowych ustawień')
  await page.screenshot({ path: test.info().outputPath('released.png') })
  await page.setViewportSize({ width: 360, height: 800 })
  await page.screenshot({ path: test.info().outputPath('released-phone.png') })
  await page.getByTestId('panel-release').click()
  await page.screenshot({ path: test.info().outputPath('sheet-phone.png') })
  await page.keyboard.press('Escape')
  await page.setViewportSize({ width: 1920, height: 1080 })

  await page.getByTestId('release-end').click()
  await expect(notice).toHaveCount(0)
  await expect(link).toHaveAttribute('data-connection', 'CONNECTED', { timeout: 20_000 })
  const actions = (await station.audit('ADMIN')).map(({ action }) => action)
  expect(actions).toEqual(expect.arrayContaining(['PANEL_RELEASE', 'PANEL_RELEASE_END']))

  await signOperator(page, station)
})

/** Who may not sees no button, only the state. */
async function signOperator(page: Parameters<typeof signIn>[0], station: Parameters<typeof signIn>[1]): Promise<void> {
  await page.context().clearCookies()
  await signIn(page, station, station.user('OPERATOR'))
  await page.goto(`${station.url}/panels`)
  await page.locator('a[href^="/panels/"]').first().click()
  await expect(page.getByTestId('panel-connection').first()).toBeVisible()
  await expect(page.getByTestId('panel-release')).toHaveCount(0)
}
