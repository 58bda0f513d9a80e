import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { runApp } from '@stam/runtime'
import { benchPanels } from './bench-panels.ts'
import { describeSimulatorConfig, loadSimulatorConfig, type SimulatorConfig } from './config.ts'
import { type DemoSecrets, demoPanels, generateDemoSecrets } from './demo-panels.ts'
import type { Latency, PanelSpecInput } from './panel/panel-spec.ts'
import { createSimulator } from './simulator.ts'

/** Codes and keys of the demo panels: from their file, or fresh ones that are put there. */
function demoSecrets(config: SimulatorConfig): DemoSecrets {
  const { simulatorSecretsFile: file, simulatorStateDir: folder } = config
  const path = file ?? (folder === undefined ? undefined : join(folder, 'demo-secrets.json'))
  if (path === undefined) return generateDemoSecrets()
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as DemoSecrets
  const secrets = generateDemoSecrets()
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeFileSync(path, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 })
  return secrets
}

function panelsOf(config: SimulatorConfig): PanelSpecInput[] {
  const panels = [
    ...(config.simulatorDemo ? demoPanels(demoSecrets(config)) : []),
    ...benchPanels(config.simulatorBenchPanels),
  ]
  const { simulatorFirstPanelPort: first, simulatorPanelHost: host } = config
  return panels.map((panel, index) => ({ ...panel, host, port: first === 0 ? 0 : first + index }))
}

function latencyOf(text: string): Latency {
  return text === 'real' || text === 'zero' ? text : Number(text)
}

/** The simulator as a process; resolves with its exit code. */
export function runSimulator(argv: readonly string[]): Promise<number> {
  return runApp({
    name: 'simulator',
    config: () => loadSimulatorConfig(argv),
    describe: describeSimulatorConfig,
    start: async ({ config, log }) => {
      const { simulatorStateDir: stateDir } = config
      const simulator = await createSimulator({
        panels: panelsOf(config),
        latency: latencyOf(config.simulatorLatency),
        mode: config.simulatorMode,
        onError: (error) => log.error('simulator_background_error', { error }),
        ...(stateDir === undefined ? {} : { stateDir }),
      })
      const http = await simulator.listenHttp({ host: config.simulatorHost, port: config.simulatorPort })
      log.info('simulator_ready', { url: http.url, docs: `${http.url}/docs`, panels: simulator.panels.length })
      return simulator
    },
  })
}

if (import.meta.main) await runSimulator(process.argv.slice(2))
