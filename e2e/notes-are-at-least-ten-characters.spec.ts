/** Acceptance story 3 of the console specification: a note that says nothing is refused, and nothing typed is lost. */
import { expect } from '@playwright/test'
import { signIn, test } from './station.ts'

test('an acknowledgement with a short note is refused and keeps the text', async ({ page, station }) => {
  await signIn(page, station, station.user('OPERATOR'))
  const panel = await station.armed()
  await station.press(panel.id, { action: 'violate', zone: panel.zone })
  await page.getByTestId('row-claim').first().click()
  await page.getByTestId('alarm-row').first().click()
  await page.getByTestId('note').fill('za krótka')
  await page.getByTestId('ack').click()
  await expect(page.getByTestId('note-rule')).toBeVisible()
  await expect(page.getByTestId('note')).toHaveValue('za krótka')
  await expect(page.getByTestId('alarm')).toHaveAttribute('data-status', 'IN_PROGRESS')

  await page.getByTestId('note').fill('już wystarczająco długa')
  await page.getByTestId('ack').click()
  await expect(page.getByTestId('alarm')).toHaveAttribute('data-status', 'ACK')
})
