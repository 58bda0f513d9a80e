/** Spec 06 "Secrets" at the screen: a reason, a countdown, and afterwards nothing on the page; an incident for the highest class. */
import { expect } from '@playwright/test'
import { signIn, test } from './station.ts'

const CODE = '482913-kod'

test('a code is kept, shown for a reason and a minute, and wiped', async ({ page, station }) => {
  await page.clock.install()
  await signIn(page, station, station.user('ADMIN'))
  await page.goto(`${station.url}/sites`)
  await page.locator('a[href^="/sites/"]').first().click()
  const section = page.getByTestId('secrets')
  await page.getByTestId('secret-add').click()
  await page.getByTestId('secret-kind').click()
  await page.getByRole('option', { name: /serwisowy|Service/ }).click()
  await page.getByTestId('secret-label').fill('Instalator, centrala w holu')
  await page.getByTestId('secret-new-value').fill(CODE)
  await page.getByTestId('secret-save').click()
  const row = section.getByTestId('secret').filter({ hasText: 'Instalator' })
  await expect(row).toHaveCount(1)
  expect(await page.content()).not.toContain(CODE)

  await row.getByTestId('secret-show').click()
  await page.getByTestId('secret-reason').fill('abc')
  await page.getByTestId('secret-reason-confirm').click()
  await expect(page.getByTestId('secret-value')).toHaveCount(0)
  await page.getByTestId('secret-reason').fill('Wymiana płyty głównej')
  await page.getByTestId('secret-reason-confirm').click()
  await expect(row.getByTestId('secret-value')).toContainText(CODE)
  await expect(row.getByTestId('secret-value')).toContainText(/\b[1-5]?\d s/)
  await page.screenshot({ path: test.info().outputPath('shown.png') })
  await page.clock.fastForward(61_000)
  await expect(row.getByTestId('secret-value')).toHaveCount(0)
  expect(await page.content()).not.toContain(CODE)

  await row.getByTestId('secret-show').click()
  await page.getByTestId('secret-reason').fill('Jeszcze raz, przepisanie kodu')
  await page.getByTestId('secret-reason-confirm').click()
  await expect(row.getByTestId('secret-value')).toContainText(CODE)
  await row.getByTestId('secret-hide').click()
  expect(await page.content()).not.toContain(CODE)

  await page.goto(station.url)
  const incident = page.getByTestId('alarm-row').filter({ hasText: 'Instalator' })
  await expect(incident).toHaveCount(1)
  await expect(incident).not.toContainText(CODE)
})
