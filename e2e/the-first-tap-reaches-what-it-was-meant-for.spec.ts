/** The first touch lets the sound start; what was under the finger must not move away before the finger has left (spec 08 "Phone"). */
import { expect } from '@playwright/test'
import { signIn, test } from './station.ts'

const UNTOUCHED = `
  let touched = false
  window.addEventListener('pointerdown', () => { touched = true }, { capture: true, once: true })
  Object.defineProperty(AudioContext.prototype, 'state', { get: () => (touched ? 'running' : 'suspended') })
  AudioContext.prototype.resume = async function () { if (touched) this.dispatchEvent(new Event('statechange')) }`

test('a tap on a tab of a phone opens it although the banner about the sound goes away under it', async ({
  page: first,
  context,
  station,
}) => {
  await signIn(first, station, station.user('OPERATOR'))
  await first.close()
  const page = await context.newPage()
  // This browser plays without having been touched; a phone's does not.
  await page.addInitScript(UNTOUCHED)
  await page.setViewportSize({ width: 360, height: 800 })
  await page.goto(`${station.url}/sites`)
  const banner = page.getByTestId('banner-sound')
  await expect(banner).toBeVisible()
  const site = page.locator('a[href^="/sites/"]').first()
  await site.waitFor()
  const box = await site.boundingBox()
  await page.mouse.move((box?.x ?? 0) + 40, (box?.y ?? 0) + 8)
  await page.mouse.down()
  await page.waitForTimeout(150) // how long a finger rests
  await page.mouse.up()
  await expect(page).toHaveURL(/\/sites\/./)
  await expect(banner).toHaveCount(0)
})
