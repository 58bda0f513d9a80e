import { parseArgs } from 'node:util'
import { describeConfig, loadConfig, processSources } from '@stam/runtime'
import { z } from 'zod'
import { panelModes } from './panel/panel-spec.ts'

const Config = z.object({
  simulatorHost: z.string().min(1).default('127.0.0.1').meta({
    description: 'Address of the control API. It has no authentication: anything but loopback is for closed networks.',
  }),
  simulatorPort: z.number().int().min(0).max(65_535).default(8094).meta({ description: 'Port of the control API' }),
  simulatorPanelHost: z.string().min(1).default('127.0.0.1').meta({ description: 'Address the panels listen on' }),
  simulatorFirstPanelPort: z
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(0)
    .meta({ description: 'Port of the first panel, the others follow; 0: any free ports' }),
  simulatorDemo: z.boolean().default(true).meta({ description: 'Start the five demo panels' }),
  simulatorBenchPanels: z.number().int().min(0).max(10_000).default(0).meta({ description: 'Plain panels for load' }),
  simulatorSecretsFile: z.string().optional().meta({
    description: 'JSON file with codes and keys of the demo panels; made when missing. Absent: inside the state folder',
  }),
  simulatorStateDir: z.string().optional().meta({ description: 'Folder in which panels and ledger survive a kill' }),
  simulatorLatency: z
    .string()
    .regex(/^(real|zero|[0-9]{1,5})$/)
    .default('real')
    .meta({ description: 'real, zero, or milliseconds for every answer' }),
  simulatorMode: z.enum(panelModes).default('NORMAL').meta({ description: 'NORMAL, FLAKY or TIMEOUT' }),
})
export type SimulatorConfig = z.infer<typeof Config>

/** Command-line options and the settings they stand for. */
const OPTIONS = {
  host: 'SIMULATOR_HOST',
  port: 'SIMULATOR_PORT',
  'panel-host': 'SIMULATOR_PANEL_HOST',
  'first-panel-port': 'SIMULATOR_FIRST_PANEL_PORT',
  demo: 'SIMULATOR_DEMO',
  bench: 'SIMULATOR_BENCH_PANELS',
  secrets: 'SIMULATOR_SECRETS_FILE',
  'state-dir': 'SIMULATOR_STATE_DIR',
  latency: 'SIMULATOR_LATENCY',
  mode: 'SIMULATOR_MODE',
} as const

/** Environment, then the command line over it. @throws Error naming every problem */
export function loadSimulatorConfig(argv: readonly string[]): SimulatorConfig {
  const options = Object.fromEntries(Object.keys(OPTIONS).map((name) => [name, { type: 'string' as const }]))
  const { values } = parseArgs({ args: [...argv], options, allowPositionals: false })
  const sources = processSources()
  const env: Record<string, string | undefined> = { ...sources.env }
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === 'string') env[OPTIONS[name as keyof typeof OPTIONS]] = value
  }
  return loadConfig(Config, { ...sources, env })
}

export function describeSimulatorConfig(config: SimulatorConfig): Record<string, unknown> {
  return describeConfig(Config, config)
}

/** Where `./stam simulate` finds a running simulator unless told. */
export function simulatorUrl(): string {
  return processSources().env['STAM_SIMULATOR_URL'] ?? 'http://127.0.0.1:8094'
}
