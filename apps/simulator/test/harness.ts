import { afterEach } from 'vitest'
import { createSimulator, ManualTime, type PanelSpecInput, type SimulatedPanel, type Simulator } from '../src/index.ts'
import type { SimulatorOptions } from '../src/simulator.ts'
import { RawClient } from './raw-client.ts'

const open: { close(): unknown }[] = []

afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close()
})

export function closing<Thing extends { close(): unknown }>(thing: Thing): Thing {
  open.push(thing)
  return thing
}

/** A small panel whose every number is in the golden bytes: INTEGRA 32 as in the captured frames. */
export function testPanel(overrides: Partial<PanelSpecInput> = {}): PanelSpecInput {
  return {
    id: 'test',
    name: 'Test panel',
    model: 'INTEGRA 32',
    partitions: [
      { number: 1, name: 'Parter' },
      { number: 2, name: 'Piętro' },
    ],
    zones: [
      { number: 1, name: 'Drzwi wejściowe', reaction: 0 },
      { number: 2, name: 'Salon', reaction: 5 },
      { number: 3, name: 'Kuchnia', reaction: 5 },
      { number: 4, name: 'Dym', reaction: 33 },
      { number: 5, name: 'Napad', reaction: 13 },
      { number: 6, name: 'Hol', reaction: 3 },
      { number: 7, name: 'Piętro', partition: 2, reaction: 5 },
      { number: 8, name: 'Sejf', partition: 2, reaction: 88 },
    ],
    outputs: [
      { number: 1, name: 'Syrena', function: 1 },
      { number: 2, name: 'Brama', function: 24, durationMs: 1_000 },
      { number: 3, name: 'Lampa', function: 25 },
    ],
    users: [
      { number: 1, name: 'Jan', code: '1234' },
      { number: 2, name: 'Ewa', code: '5678', partitions: [2] },
      { number: 3, name: 'Gość', code: '4321', rights: [] },
      { number: 4, name: 'Przymus', code: '9999', type: 4 },
      { number: 255, name: 'Serwis', code: '246810' },
    ],
    timing: { exitDelayMs: 0, entryDelayMs: 20_000 },
    ...overrides,
  }
}

export interface World {
  readonly simulator: Simulator
  readonly panel: SimulatedPanel
  readonly time: ManualTime
  connect(): Promise<RawClient>
}

/** One panel on a port of its own, answering at once, with a clock that stands still until told. */
export async function world(spec: Partial<PanelSpecInput> = {}, options: SimulatorOptions = {}): Promise<World> {
  // 2026-04-23 08:24:00 in Warsaw, the moment of the captured clock answer.
  const time = new ManualTime(Date.UTC(2026, 3, 23, 6, 24, 0))
  const simulator = closing(await createSimulator({ panels: [testPanel(spec)], latency: 'zero', time, ...options }))
  const panel = simulator.panels[0] as SimulatedPanel
  return {
    simulator,
    panel,
    time,
    connect: async () => closing(await RawClient.connect(panel)),
  }
}
