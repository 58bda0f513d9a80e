/** The panel form tells at once whether the module answers, and leaves a panel in service alone. */
import { expect, type Page } from '@playwright/test'
import { signIn, test } from './station.ts'

// Several screens and modules one after the other, on a machine that may be busy.
test.setTimeout(180_000)

test('a panel in service is left alone; one that is not is tried with what stands in the form', async ({
  page,
  station,
}) => {
  await signIn(page, station, station.user('ADMIN'))
  await page.goto(`${station.url}/panels`)
  await page.locator('a[href^="/panels/"]').first().click()
  const link = page.getByTestId('panel-connection').first()
  await expect(link).toHaveAttribute('data-connection', 'CONNECTED', { timeout: 20_000 })
  await edit(page)
  await tries(page, 'in_use')
  await expect(link).toHaveCount(0)
  await shoot(page, 'in-use')

  await page.getByTestId('panel-port').fill('1')
  // What was found is about another port.
  await expect(page.getByTestId('connection-try-result')).toHaveCount(0)
  await tries(page, 'refused')
  await page.getByTestId('panel-port').fill('')
  await expect(page.getByTestId('connection-try-run')).toBeDisabled()

  await page.reload()
  await page.getByTestId('panel-use-off').click()
  await page.getByTestId('panel-save').click()
  await edit(page)
  // The worker lets go of the module within its next look at the panels.
  await expect(async () => tries(page, 'reachable')).toPass({ timeout: 30_000 })
  await expect(page.getByTestId('connection-try-result')).toContainText('INTEGRA')
  await shoot(page, 'reachable')
  await page.getByTestId('panel-key-choice-set').click()
  await page.getByTestId('panel-key').fill('NotTheKey')
  await page.getByTestId('connection-try-run').click()
  const found = page.getByTestId('connection-try-result')
  await expect(found).toHaveAttribute('data-outcome', /wrong_key|mode_mismatch/, { timeout: 20_000 })
  expect((await station.audit('MASTER')).map(({ action }) => action)).toContain('PANEL_TRY_CONNECTION')
})

async function edit(page: Page): Promise<void> {
  await page.getByTestId('panel-edit').click()
  await page.getByTestId('panel-form').waitFor()
}

async function tries(page: Page, outcome: string): Promise<void> {
  await page.getByTestId('connection-try-run').click()
  await expect(page.getByTestId('connection-try-result')).toHaveAttribute('data-outcome', outcome, { timeout: 20_000 })
}

async function shoot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: test.info().outputPath(`${name}.png`) })
  await page.setViewportSize({ width: 360, height: 800 })
  await page.getByTestId('connection-try').scrollIntoViewIfNeeded()
  await page.screenshot({ path: test.info().outputPath(`${name}-phone.png`) })
  await page.setViewportSize({ width: 1920, height: 1080 })
}
