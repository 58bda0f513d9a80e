import { expect, test } from 'vitest'
import { deviceNameOf, isHandheld } from './device-name.ts'

const mozilla = 'Mozilla/5.0'
const webkit = 'AppleWebKit/537.36 (KHTML, like Gecko)'

test.each([
  [`${mozilla} (Windows NT 10.0; Win64; x64) ${webkit} Chrome/140.0.0.0 Safari/537.36`, 'Chrome 140 · Windows'],
  [
    `${mozilla} (Windows NT 10.0; Win64; x64) ${webkit} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.1`,
    'Edge 140 · Windows',
  ],
  [`${mozilla} (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0`, 'Firefox 144 · Linux'],
  [`${mozilla} (Linux; Android 10; K) ${webkit} Chrome/139.0.0.0 Mobile Safari/537.36`, 'Chrome 139 · Android'],
  [
    `${mozilla} (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1`,
    'Safari 18 · iPhone',
  ],
  [
    `${mozilla} (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15`,
    'Safari 18 · macOS',
  ],
  ['curl/8.5.0', 'curl/8.5.0'],
])('%s', (agent, name) => expect(deviceNameOf(agent)).toBe(name))

test('what lies in a hand', () => {
  expect(['Chrome 139 · Android', 'Safari 18 · iPhone', 'Chrome 140 · Windows'].map(isHandheld)).toEqual([
    true,
    true,
    false,
  ])
})
