import { expect, test } from 'vitest'
import { benchPanels, createSimulator } from '../src/index.ts'
import { closing } from './harness.ts'
import { RawClient } from './raw-client.ts'

test('three hundred panels listen, answer and alarm, each on its own', async () => {
  const simulator = closing(await createSimulator({ panels: benchPanels(300), latency: 'zero' }))
  expect(new Set(simulator.panels.map(({ port }) => port)).size).toBe(300)
  const clients = await Promise.all(simulator.panels.map((panel) => RawClient.connect(panel)))
  for (const client of clients) closing(client)
  await simulator.panel('bench-0123').do({ action: 'violate', zone: 5 })
  const answers = await Promise.all(clients.map((client) => client.call('00')))
  expect(answers.filter((answer) => answer === `00 10${' 00'.repeat(15)}`)).toHaveLength(1)
  expect(answers[122]).toBe(`00 10${' 00'.repeat(15)}`)
  expect(simulator.panels.every(({ connected }) => connected)).toBe(true)
})
