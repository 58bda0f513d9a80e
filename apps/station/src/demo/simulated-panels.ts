import {
  benchPanels,
  createSimulator,
  demoPanels,
  generateDemoSecrets,
  type PanelSpecInput,
  type Simulator,
} from '@stam/simulator'
import type { Log } from '@stam/runtime'
import type { DataFolder } from '../data-folder/data-folder.ts'
import { generatePanelCode } from '../data-folder/station-secrets.ts'
import type { PanelAddress } from './seed-demo.ts'

/** Where `stam simulate` looks for a simulator unless told otherwise. */
const USUAL_CONTROL_PORT = 8094
/** Entry in the secrets for the panels that are all alike. */
const PLAIN = 'site'

export interface SimulatedPanels {
  readonly addresses: readonly PanelAddress[]
  /** Simulator ids of panels the last start had and this one has not. */
  readonly missing: readonly string[]
  /** `http://127.0.0.1:port` of the control API. */
  readonly controlUrl: string
  close(): Promise<void>
}

/** Ids of the first `count` simulated panels: the five with a story, then plain ones. */
function specsFor(folder: DataFolder, count: number): PanelSpecInput[] {
  const storied = demoPanels(folder.secrets.panels)
  const plain = benchPanels(Math.max(0, count - storied.length), {
    prefix: PLAIN,
    serviceCode: folder.secrets.panels[PLAIN]?.codes['255'] as string,
    overrides: { timing: { exitDelayMs: 10_000, entryDelayMs: 15_000 } },
  })
  return [...storied.slice(0, count), ...plain]
}

/** Panels over real TCP, whose memory, ledger and ports survive the end of the process. */
export async function startSimulatedPanels(
  folder: DataFolder,
  options: { count: number; controlPort: number | 'usual'; log: Log },
): Promise<SimulatedPanels> {
  if (Object.keys(folder.secrets.panels).length === 0) {
    folder.saveSecrets({ panels: { ...generateDemoSecrets(), [PLAIN]: { codes: { '255': generatePanelCode() } } } })
  }
  const specs = specsFor(folder, options.count)
  const missing = specsFor(folder, folder.manifest.panels).slice(options.count)
  const simulator = await createSimulator({
    panels: specs,
    stateDir: folder.at('simulator'),
    onError: (error) => options.log.error('simulator_error', { error }),
  })
  try {
    const { port } = await listen(simulator, options.controlPort)
    return {
      addresses: specs.map(({ id, name, integrationKey }) => ({
        panelId: id,
        name,
        port: simulator.panel(id).port,
        ...(integrationKey === undefined ? {} : { integrationKey }),
      })),
      missing: missing.map(({ id }) => id),
      controlUrl: `http://127.0.0.1:${port}`,
      close: () => simulator.close(),
    }
  } catch (error) {
    await simulator.close()
    throw error
  }
}

/** On the port where the command line looks first, when nobody has it. */
async function listen(simulator: Simulator, controlPort: number | 'usual'): Promise<{ port: number }> {
  if (controlPort !== 'usual') return simulator.listenHttp({ port: controlPort })
  try {
    return await simulator.listenHttp({ port: USUAL_CONTROL_PORT })
  } catch {
    return simulator.listenHttp({ port: 0 })
  }
}
