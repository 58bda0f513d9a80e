/** Administration in the console, from a new person to the record of it: spec 06 "Roles", "Authentication", "Audit". */
import { expect, type Page } from '@playwright/test'
import { signIn, type Station, test } from './station.ts'

const name = 'Halina Nowa'
const email = 'halina.nowa@stacja.example'
const password = 'zielony-rower-27'

async function desk(context: { newPage(): Promise<Page> }, station: Station, role: string): Promise<Page> {
  const page = await context.newPage()
  await signIn(page, station, station.user(role))
  return page
}

test('an owner adds an operator, who is limited by role, is signed out by the owner, and all of it is on record', async ({
  browser,
  station,
}) => {
  const owner = await desk(await browser.newContext(), station, 'MASTER')
  await owner.keyboard.press('g')
  await owner.keyboard.press('u')
  await owner.getByTestId('person-create').click()
  await owner.getByTestId('person-email').fill(email)
  await owner.getByTestId('person-name').fill(name)
  await expect(owner.getByTestId('person-role')).toContainText('Operator')
  await owner.getByTestId('person-save').click()
  const temporary = (await owner.getByTestId('temporary-password').innerText()).trim()
  // Not by accident: there is no second look.
  await owner.keyboard.press('Escape')
  await expect(owner.getByTestId('temporary-password')).toBeVisible()
  await owner.getByTestId('password-noted').click()
  await expect(owner.getByTestId('person')).toBeVisible()
  await expect(owner.getByTestId('no-sessions')).toBeVisible()
  await owner.reload()
  await expect(owner.getByTestId('person')).toBeVisible()
  expect(await owner.locator('body').innerText()).not.toContain(temporary)

  const operator = await (await browser.newContext()).newPage()
  await operator.goto(station.url)
  await operator.getByTestId('login-email').fill(email)
  await operator.getByTestId('login-password').fill(temporary)
  await operator.getByTestId('login-submit').click()
  // Nothing but the change of the password is there.
  await expect(operator.getByTestId('change-password')).toBeVisible()
  await operator.goto(`${station.url}/admin/people`)
  await expect(operator.getByTestId('change-password')).toBeVisible()
  await operator.getByTestId('password-current').fill(temporary)
  await operator.getByTestId('password-next').fill(password)
  await operator.getByTestId('password-again').fill(password)
  await operator.getByTestId('password-submit').click()

  // Limited by role: no way there, and nothing at the address either.
  await expect(operator.getByTestId('forbidden')).toBeVisible()
  await expect(operator.getByTestId('go-alarms')).toBeVisible()
  await expect(operator.getByTestId('go-admin')).toHaveCount(0)
  await operator.keyboard.press('g')
  await operator.keyboard.press('i')
  await expect(operator.getByTestId('device')).toHaveCount(1)
  await expect(operator.getByTestId('device')).toHaveAttribute('data-current', 'true')

  await owner.reload()
  await expect(owner.getByTestId('device')).toHaveCount(1)
  await owner.getByTestId('device-end').click()
  await owner.getByTestId('device-end-confirm').click()
  await expect(owner.getByTestId('no-sessions')).toBeVisible()
  // Out by itself, without touching anything.
  await expect(operator.getByTestId('login-email')).toBeVisible()

  await owner.getByTestId('person-audit').click()
  const rows = owner.getByTestId('audit-row')
  await expect(owner.locator('[data-action="USER_CREATE"]')).toHaveCount(1)
  await expect(owner.locator('[data-action="PASSWORD_CHANGED"]')).toHaveCount(1)
  await owner.locator('[data-action="USER_CREATE"]').click()
  await expect(owner.getByTestId('audit-diff')).toContainText(email)
  expect(await owner.locator('body').innerText()).not.toContain(temporary)
  await owner.getByTestId('audit-clear').click()
  await expect(owner.locator('[data-action="SESSION_ENDED"]').first()).toBeVisible()
  expect(await rows.count()).toBeGreaterThan(3)
  await expect(owner.getByTestId('chain')).toHaveAttribute('data-state', 'whole')
})

test('an administrator sees an owner, and is told why nothing can be changed', async ({ browser, station }) => {
  const admin = await desk(await browser.newContext(), station, 'ADMIN')
  await admin.getByTestId('go-admin').click()
  const owner = station.user('MASTER')
  await admin.getByTestId('person-row').filter({ hasText: owner.email }).click()
  await expect(admin.getByTestId('person-limits')).toBeVisible()
  await expect(admin.getByTestId('person-name')).toBeDisabled()
  for (const act of ['person-save', 'person-reset', 'person-deactivate', 'devices']) {
    await expect(admin.getByTestId(act)).toHaveCount(0)
  }
})

test('what was typed survives that somebody else saved first', async ({ browser, station }) => {
  const [first, second] = [
    await desk(await browser.newContext(), station, 'MASTER'),
    await desk(await browser.newContext(), station, 'MASTER'),
  ]
  const technician = station.user('TECHNICIAN')
  for (const page of [first, second]) {
    await page.getByTestId('go-admin').click()
    await page.getByTestId('person-row').filter({ hasText: technician.email }).click()
  }
  await second.getByTestId('person-name').fill('Wpisane Tutaj')
  await first.getByTestId('person-name').fill('Zapisane Wcześniej')
  await first.getByTestId('person-data').getByTestId('person-save').click()
  await expect(first.getByTestId('person-saved')).toBeVisible()
  await second.getByTestId('person-data').getByTestId('person-save').click()
  await expect(second.getByTestId('person-conflict')).toContainText('Zapisane Wcześniej')
  await expect(second.getByTestId('person-name')).toHaveValue('Wpisane Tutaj')
  await second.getByTestId('person-conflict-mine').click()
  await second.getByTestId('person-data').getByTestId('person-save').click()
  await expect(second.getByTestId('person-saved')).toBeVisible()
})
