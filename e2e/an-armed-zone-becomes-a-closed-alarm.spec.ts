/** Acceptance stories 1 and 2 of the console specification: empty queue, then one alarm from the zone to the history. */
import { expect } from '@playwright/test'
import { signIn, test } from './station.ts'

test('login leads to an empty queue', async ({ page, station }) => {
  await signIn(page, station, station.user('OPERATOR'))
  await expect(page.getByTestId('queue-empty')).toBeVisible()
  await expect(page.getByTestId('alarm-row')).toHaveCount(0)
})

test('a violated armed zone is seen, claimed, handled and closed, and a second operator cannot take it', async ({ browser, station }) => {
  const first = await (await browser.newContext({ viewport: { width: 1920, height: 1080 } })).newPage()
  const second = await (await browser.newContext({ viewport: { width: 1920, height: 1080 } })).newPage()
  const [anna, second_] = [station.user('OPERATOR', 0), station.user('OPERATOR', 1)]
  await signIn(first, station, anna)
  await signIn(second, station, second_)

  const panel = await station.armed()
  const pressed = Date.now()
  await station.press(panel.id, { action: 'violate', zone: panel.zone })
  const row = first.getByTestId('alarm-row')
  await expect(row).toHaveCount(1)
  const seen = Date.now() - pressed
  test.info().annotations.push({ type: 'press to row, ms', description: String(seen) })
  await expect(second.getByTestId('alarm-row')).toHaveCount(1)
  // The sound element says what is playing: critical until somebody claims.
  await expect(first.getByTestId('sound')).toHaveAttribute('data-playing', 'critical')

  await row.click()
  await first.getByTestId('claim').first().click()
  await expect(first.getByTestId('handler').first()).toBeVisible()
  await expect(first.getByTestId('sound')).toHaveAttribute('data-playing', 'none')

  const handlerName = (await first.getByTestId('handler').first().innerText()).trim()
  await expect(second.getByTestId('handler').first()).toContainText(handlerName)
  await second.getByTestId('alarm-row').click()
  await expect(second.getByTestId('claim')).toHaveCount(0)

  await first.getByTestId('note').fill('Sprawdzono z obsługą sklepu, alarm potwierdzony')
  await first.getByTestId('ack').click()
  await expect(first.getByTestId('status')).toHaveAttribute('data-status', 'ACK')
  await first.getByTestId('note').fill('Patrol na miejscu, wejście zamknięte')
  await first.getByTestId('resolve').click()
  await expect(first.getByTestId('status')).toHaveAttribute('data-status', 'RESOLVED')
  await first.getByTestId('note').fill('Zdarzenie zakończone, raport przekazany')
  await first.getByTestId('close').click()
  await first.getByTestId('disposition-REAL').click()
  await first.getByTestId('close-confirm').click()
  await expect(first.getByTestId('status')).toHaveAttribute('data-status', 'CLOSED')

  const timeline = first.getByTestId('timeline')
  for (const action of ['claim', 'ack', 'resolve', 'close']) {
    await expect(timeline.locator(`[data-action="${action}"]`)).toHaveCount(1)
  }
  await expect(second.getByTestId('queue-empty')).toBeVisible()

  const audit = await station.audit('MASTER')
  for (const action of ['ALARM_CLAIM', 'ALARM_ACK', 'ALARM_RESOLVE', 'ALARM_CLOSE']) {
    expect(audit.map((entry) => entry.action)).toContain(action)
  }
})
