import { randomInt } from 'node:crypto'
import type { PanelSpecInput } from './panel/panel-spec.ts'

export interface BenchPanelOptions {
  /** Beginning of the ids, `bench` unless given. */
  readonly prefix?: string
  /** Zones per panel, all instant; 16. */
  readonly zones?: number
  /** Code of the service user of all of them; random unless given. */
  readonly serviceCode?: string
  readonly overrides?: Partial<PanelSpecInput>
}

/** Many equal, plain panels without delays, for floods and for counting the cost of a panel. */
export function benchPanels(count: number, options: BenchPanelOptions = {}): PanelSpecInput[] {
  const { prefix = 'bench', zones: zoneCount = 16, overrides = {} } = options
  const code = options.serviceCode ?? String(randomInt(100_000, 1_000_000))
  const digits = Math.max(4, String(count).length)
  const zones = Array.from({ length: zoneCount }, (_, i) => ({ number: i + 1, name: `Zone ${i + 1}`, reaction: 5 }))
  return Array.from({ length: count }, (_, i) => {
    const number = String(i + 1).padStart(digits, '0')
    return {
      id: `${prefix}-${number}`,
      name: `Bench ${number}`,
      model: 'INTEGRA 64 Plus' as const,
      partitions: [{ number: 1, name: 'Partition 1' }],
      zones,
      outputs: [{ number: 1, name: 'Siren', function: 1 }],
      users: [{ number: 255, name: 'Service', code }],
      timing: { exitDelayMs: 0, entryDelayMs: 0, lockoutMs: 0 },
      ...overrides,
    }
  })
}
