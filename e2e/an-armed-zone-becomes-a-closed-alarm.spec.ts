/** Acceptance stories 1 and 2 of the console specification: empty queue, then one alarm from the zone to the history. */
import { expect, type Page } from '@playwright/test'
import { signIn, test } from './station.ts'

test('login leads to an empty queue', async ({ page, station }) => {
  await signIn(page, station, station.user('OPERATOR'))
  await expect(page.getByTestId('queue-empty')).toBeVisible()
  await expect(page.getByTestId('alarm-row')).toHaveCount(0)
})

test('a violated armed zone is seen, claimed, handled and closed, and a second operator cannot take it', async ({
  browser,
  station,
}) => {
  const desk = async (nth: number): Promise<Page> => {
    const page = await (await browser.newContext({ viewport: { width: 1920, height: 1080 } })).newPage()
    await signIn(page, station, station.user('OPERATOR', nth))
    return page
  }
  const [first, second] = [await desk(0), await desk(1)]
  const panel = await station.armed()
  const pressed = Date.now()
  await station.press(panel.id, { action: 'violate', zone: panel.zone })
  await expect(first.getByTestId('alarm-row')).toHaveCount(1)
  test.info().annotations.push({ type: 'press to row, ms', description: String(Date.now() - pressed) })
  await expect(second.getByTestId('alarm-row')).toHaveCount(1)
  await expect(first.getByTestId('mute')).toHaveAttribute('data-ringing', 'true')

  await first.getByTestId('row-claim').click()
  await expect(first.getByTestId('alarm-row')).toHaveAttribute('data-status', 'IN_PROGRESS')
  // Claimed by anyone: silent everywhere.
  await expect(first.getByTestId('mute')).toHaveAttribute('data-ringing', 'false')
  await expect(second.getByTestId('mute')).toHaveAttribute('data-ringing', 'false')
  await first.getByTestId('alarm-row').click()
  const handler = (await first.getByTestId('alarm-handler').innerText()).trim()

  await second.getByTestId('alarm-row').click()
  await expect(second.getByTestId('alarm-handler')).toContainText(handler)
  await expect(second.getByTestId('claim')).toHaveCount(0)
  await expect(second.getByTestId('row-claim')).toHaveCount(0)
  await expect(second.getByTestId('ack')).toHaveCount(0)

  const alarm = first.getByTestId('alarm')
  await first.getByTestId('note').fill('Sprawdzono z obsługą sklepu, alarm potwierdzony')
  await first.getByTestId('ack').click()
  await expect(alarm).toHaveAttribute('data-status', 'ACK')
  await first.getByTestId('note').fill('Patrol na miejscu, wejście zamknięte')
  await first.getByTestId('resolve').click()
  await expect(alarm).toHaveAttribute('data-status', 'RESOLVED')
  await first.getByTestId('disposition-REAL').click()
  await first.getByTestId('note').fill('Zdarzenie zakończone, raport przekazany')
  await first.getByTestId('close').click()
  await expect(first.getByTestId('alarm-closed')).toBeVisible()

  const timeline = first.getByTestId('timeline')
  for (const action of ['claim', 'ack', 'resolve', 'close']) {
    await expect(timeline.locator(`[data-action="${action}"]`)).toHaveCount(1)
  }
  await expect(timeline.locator('[data-action="ALARM"]')).toHaveCount(1)
  await expect(second.getByTestId('alarm')).toHaveAttribute('data-status', 'CLOSED')

  const actions = (await station.audit('MASTER')).map((entry) => entry.action)
  for (const action of ['ALARM_CLAIM', 'ALARM_ACK', 'ALARM_RESOLVE', 'ALARM_CLOSE']) expect(actions).toContain(action)
})
