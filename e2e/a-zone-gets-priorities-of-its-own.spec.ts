/** Spec 02 "zone's override per event type" at the screen: set with the keyboard, kept through a conflict, followed by the next event. */
import { expect, type Page } from '@playwright/test'
import { signIn, type Station, test } from './station.ts'

// Several screens and modules one after the other, on a machine that may be busy.
test.setTimeout(180_000)

test('the priorities of a zone are set, survive somebody else saving first, and the next alarm follows them', async ({
  browser,
  page,
  station,
}) => {
  const panel = await station.armed()
  const path = await openPanel(page, station, 'ADMIN', panel.id)
  await chooseByKeyboard(page, panel.zone)
  await expect(page.getByTestId('zone-priority-ALARM-WARNING')).toHaveAttribute('data-selected', 'true')

  const other = await (await browser.newContext()).newPage()
  await signIn(other, station, station.user('MASTER'))
  await other.goto(station.url + path)
  await zoneRow(other, panel.zone).getByTestId('zone-edit').click()
  await other.getByTestId('zone-priority-TAMPER-INFO').click()
  await other.getByTestId('zone-save').click()
  await expect(other.getByTestId('zone-priorities')).toHaveCount(0)
  await expect(zoneRow(other, panel.zone).getByTestId('zone-own')).toBeVisible()

  await page.getByTestId('zone-save').click()
  await expect(page.getByTestId('zone-conflict')).toBeVisible()
  await expect(page.getByTestId('zone-priority-ALARM-WARNING')).toHaveAttribute('data-selected', 'true')
  await page.screenshot({ path: test.info().outputPath('conflict.png') })
  await page.setViewportSize({ width: 360, height: 800 })
  await page.screenshot({ path: test.info().outputPath('conflict-phone.png') })
  await page.setViewportSize({ width: 1920, height: 1080 })
  await page.getByTestId('zone-conflict-mine').click()
  await expect(page.getByTestId('zone-conflict')).toHaveCount(0)
  await expect(page.getByTestId('zone-priority-ALARM-WARNING')).toHaveAttribute('data-selected', 'true')
  await page.getByTestId('zone-save').press('Enter')
  await expect(page.getByTestId('zone-priorities')).toHaveCount(0)
  // Back on the row it was opened from.
  await expect(zoneRow(page, panel.zone).getByTestId('zone-edit')).toBeFocused()
  await expect(zoneRow(page, panel.zone).getByTestId('zone-own')).toHaveText(/Alarm ?Ostrzeżenie ?Sabotaż ?Informacja/)
  await page.getByTestId('zones-shown-own').click()
  await expect(page.getByTestId('zone')).toHaveCount(1)
  await page.screenshot({ path: test.info().outputPath('own.png') })

  await station.press(panel.id, { action: 'violate', zone: panel.zone })
  // Other stories have left alarms of other sites.
  const site = (await page.locator('h1').first().innerText()).split(' · ')[0] as string
  await page.goto(`${station.url}/alarms`)
  const alarm = page.getByTestId('alarm-row').filter({ hasText: site })
  await expect(alarm).toHaveCount(1)
  await expect(alarm).toHaveAttribute('data-priority', 'WARNING')
  expect((await station.audit('MASTER')).map(({ action }) => action)).toContain('ZONE_EDIT')

  await page.context().clearCookies()
  await signIn(page, station, station.user('OPERATOR'))
  await page.goto(station.url + path)
  await expect(zoneRow(page, panel.zone).getByTestId('zone-own')).toBeVisible()
  await expect(page.getByTestId('zone-edit')).toHaveCount(0)
})

const zoneRow = (page: Page, number: number) => page.locator(`[data-testid="zone"][data-number="${number}"]`)

/** Signs in and opens the page of a simulated panel, which the centre knows by its port. */
async function openPanel(page: Page, station: Station, role: string, simulated: string): Promise<string> {
  const { port } = (await (await fetch(`${station.simulator}/panels/${simulated}`)).json()) as { port: number }
  await signIn(page, station, station.user(role))
  await page.goto(`${station.url}/panels`)
  const links = page.locator('a[href^="/panels/"]')
  await links.first().waitFor()
  for (const path of await links.evaluateAll((all) => all.map((link) => link.getAttribute('href') ?? ''))) {
    await page.goto(station.url + path)
    await page.getByTestId('panel-live').waitFor()
    if (await page.getByText(`:${port}`, { exact: false }).isVisible()) return path
  }
  throw new Error(`no panel at port ${port}`)
}

async function chooseByKeyboard(page: Page, zone: number): Promise<void> {
  await zoneRow(page, zone).getByTestId('zone-edit').focus()
  await page.keyboard.press('Enter')
  await expect(page.getByTestId('zone-priorities')).toBeVisible()
  const chosen = page.getByTestId('zone-priority-ALARM').locator('input:checked')
  await expect(async () => {
    await page.keyboard.press('Tab')
    await expect(chosen).toBeFocused({ timeout: 100 })
  }).toPass({ timeout: 20_000 })
  for (const _ of ['CRITICAL', 'WARNING']) await page.keyboard.press('ArrowRight')
}
