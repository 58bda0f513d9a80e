import { randomInt } from 'node:crypto'
import { type HttpListener, listenHttp } from './http/listen-http.ts'
import type { Ledger } from './ledger/ledger.ts'
import { PanelArchive } from './ledger/panel-archive.ts'
import { EthernetModule } from './module/ethernet-module.ts'
import { resumeExitDelays } from './panel/arming.ts'
import { msToNextHour, zoneOffsetMs } from './panel/panel-clock.ts'
import { type Latency, type PanelMode, type PanelSpecInput, parsePanelSpec } from './panel/panel-spec.ts'
import { endPulses } from './panel/switch-outputs.ts'
import { VirtualPanel } from './panel/virtual-panel.ts'
import { resumeAlarms } from './panel/zone-alarms.ts'
import { ScenarioRunner } from './scenario-runner.ts'
import { SimulatedPanel } from './simulated-panel.ts'
import { SimulatorError } from './simulator-error.ts'
import { RealTime, type SimulatorTime } from './simulator-time.ts'

const OPEN_AT_ONCE = 64
/** Below 32768, where Linux begins to number outgoing connections. */
const QUIET_PORTS = [20_000, 32_000] as const
const PORT_TRIES = 20
const RETRY_MS = 100
const SUMMER_TIME_BEGINS = 41
const SUMMER_TIME_ENDS = 42

export interface SimulatorOptions {
  readonly panels?: readonly PanelSpecInput[]
  /** For panels whose spec names none; `real`. */
  readonly latency?: Latency
  /** For panels whose spec names none; `NORMAL`. */
  readonly mode?: PanelMode
  /** Folder in which panels and ledger survive the end of the process, kill -9 included. */
  readonly stateDir?: string
  /** 10,000. */
  readonly maxPanels?: number
  /** Entries the ledger keeps; one million. */
  readonly ledgerLimit?: number
  /** Size from which the file of the state folder is rewritten without what is superseded; 64 MiB. */
  readonly stateRewriteBytes?: number
  /** A clock of the caller's; the real one otherwise. */
  readonly time?: SimulatorTime
  /** Gets what goes wrong in the background. */
  readonly onError?: (error: unknown) => void
}

/** Virtual panels over real TCP. */
export class Simulator {
  readonly ledger: Ledger
  readonly scenarios: ScenarioRunner
  readonly time: SimulatorTime
  readonly #panels = new Map<string, SimulatedPanel>()
  readonly #modules = new Map<string, EthernetModule>()
  readonly #archive: PanelArchive
  readonly #latency: Latency
  readonly #mode: PanelMode
  readonly #maxPanels: number
  readonly #http = new Set<HttpListener>()
  /** Last seen offset from universal time, by zone. */
  readonly #offsets = new Map<string, number>()
  #closing: Promise<void> | undefined

  /** Use {@link createSimulator}. */
  constructor(options: SimulatorOptions) {
    const onError = options.onError ?? ((error) => process.emitWarning(String(error), 'SimulatorWarning'))
    this.time = options.time ?? new RealTime(onError)
    const { stateDir, ledgerLimit, stateRewriteBytes: rewriteBytes } = options
    this.#archive = new PanelArchive({
      onError,
      ...(stateDir === undefined ? {} : { stateDir }),
      ...(ledgerLimit === undefined ? {} : { ledgerLimit }),
      ...(rewriteBytes === undefined ? {} : { rewriteBytes }),
    })
    this.ledger = this.#archive.ledger
    this.#latency = options.latency ?? 'real'
    this.#mode = options.mode ?? 'NORMAL'
    this.#maxPanels = options.maxPanels ?? 10_000
    this.scenarios = new ScenarioRunner({ time: this.time, ledger: this.ledger, panels: () => this.panels })
    this.#watchSummerTime()
  }

  get panels(): readonly SimulatedPanel[] {
    return [...this.#panels.values()]
  }

  /** @throws SimulatorError PANEL_NOT_FOUND */
  panel(id: string): SimulatedPanel {
    const panel = this.#panels.get(id)
    if (panel === undefined) throw new SimulatorError('PANEL_NOT_FOUND', `there is no panel ${id}`)
    return panel
  }

  /** Panels of the options first, then those an earlier run had got while running. */
  async start(specs: readonly PanelSpecInput[]): Promise<void> {
    await this.#addAll(specs, false)
    const left = [...this.#archive.recovered().values()].filter(({ spec }) => spec !== undefined)
    await this.#addAll(
      left.map(({ spec }) => spec as PanelSpecInput),
      true,
    )
  }

  /**
   * Adds a panel and listens for its client. With a state folder it comes back by itself after a restart.
   * @throws SimulatorError INVALID_REQUEST, PANEL_ID_TAKEN, PORT_TAKEN, TOO_MANY_PANELS
   */
  addPanel(spec: PanelSpecInput): Promise<SimulatedPanel> {
    return this.#add(spec, true)
  }

  /** @throws SimulatorError PANEL_NOT_FOUND */
  async removePanel(id: string): Promise<void> {
    const panel = this.panel(id)
    const module = this.#modules.get(id)
    this.#panels.delete(id)
    this.#modules.delete(id)
    panel.core.close()
    await module?.close()
    this.#archive.remove(panel.core)
  }

  /** Ledger sequence numbers of one panel only; undefined for a panel that never was. */
  panelIndex(id: string): number | undefined {
    return this.#archive.indexOf(id)
  }

  panelIdOf(index: number): string {
    return this.#archive.idOf(index)
  }

  /** Opens the control API. It has no authentication: keep it on loopback. */
  async listenHttp(options: { host?: string; port?: number } = {}): Promise<HttpListener> {
    const listener = await listenHttp(this, options)
    this.#http.add(listener)
    return listener
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.scenarios.close()
    await Promise.all([...this.#http].map((listener) => listener.close()))
    for (const panel of this.#panels.values()) panel.core.close()
    await Promise.all([...this.#modules.values()].map((module) => module.close()))
    this.time.close()
    this.#archive.close()
  }

  async #addAll(specs: readonly PanelSpecInput[], keep: boolean): Promise<void> {
    for (let from = 0; from < specs.length; from += OPEN_AT_ONCE) {
      await Promise.all(specs.slice(from, from + OPEN_AT_ONCE).map((spec) => this.#add(spec, keep)))
    }
  }

  async #add(input: PanelSpecInput, keep: boolean): Promise<SimulatedPanel> {
    if (this.#closing !== undefined) throw new SimulatorError('SIMULATOR_CLOSED', 'the simulator is closing')
    const spec = parsePanelSpec(input)
    if (this.#panels.has(spec.id)) throw new SimulatorError('PANEL_ID_TAKEN', `panel ${spec.id} exists`)
    if (this.#panels.size >= this.#maxPanels) {
      throw new SimulatorError('TOO_MANY_PANELS', `there are ${this.#maxPanels} panels already`)
    }
    const earlierPort = this.#archive.recoveredPort(spec.id)
    const core = new VirtualPanel(spec, { time: this.time, journal: this.#archive })
    this.#archive.attach(core, keep ? spec : undefined)
    const module = new EthernetModule(core, { latency: this.#latency, mode: this.#mode })
    const panel = new SimulatedPanel(core, module)
    this.#panels.set(spec.id, panel)
    this.#modules.set(spec.id, module)
    try {
      await this.#open(module, spec.port, earlierPort)
    } catch (error) {
      this.#panels.delete(spec.id)
      this.#modules.delete(spec.id)
      core.close()
      // A panel that could never listen leaves nothing; one of an earlier run keeps what it has.
      if (earlierPort === 0) this.#archive.remove(core)
      throw error
    }
    this.#archive.listening(core, module.port)
    this.#offsets.set(spec.timeZone, zoneOffsetMs(spec.timeZone, this.time.wallMs()))
    core.transact(() => {
      endPulses(core)
      resumeExitDelays(core)
      resumeAlarms(core)
    })
    return panel
  }

  /**
   * A panel with a port of its own gets that one or none. Others come back on the port they had; panels that are to
   * come back get theirs below the range the system hands out to outgoing connections, where nobody takes it meanwhile.
   */
  async #open(module: EthernetModule, wanted: number, earlier: number): Promise<void> {
    if (wanted !== 0) return module.open(wanted)
    const candidates = earlier === 0 ? [] : [earlier, earlier, earlier]
    if (this.#archive.isKept) for (let i = 0; i < PORT_TRIES; i++) candidates.push(randomInt(...QUIET_PORTS))
    for (const [attempt, port] of candidates.entries()) {
      try {
        await module.open(port)
        return
      } catch (error) {
        if (!(error instanceof SimulatorError) || error.code !== 'PORT_TAKEN') throw error
        // Whoever holds the earlier port may be about to leave it.
        if (port === earlier && attempt < 2) await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      }
    }
    await module.open(0)
  }

  /** INTEGRA moves its clock by itself and writes it down (codes 41, 42). One look per hour for all panels. */
  #watchSummerTime(): void {
    this.time.after(msToNextHour(this.time.wallMs()), () => {
      const now = this.time.wallMs()
      for (const [timeZone, before] of this.#offsets) {
        const after = zoneOffsetMs(timeZone, now)
        if (after === before) continue
        this.#offsets.set(timeZone, after)
        const code = after > before ? SUMMER_TIME_BEGINS : SUMMER_TIME_ENDS
        for (const { core } of this.#panels.values()) {
          if (core.spec.timeZone === timeZone) core.transact(() => core.record({ code }))
        }
      }
      this.#watchSummerTime()
    })
  }
}

/** A simulator whose panels all listen. @throws SimulatorError for a panel that cannot be */
export async function createSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = new Simulator(options)
  try {
    await simulator.start(options.panels ?? [])
  } catch (error) {
    await simulator.close()
    throw error
  }
  return simulator
}
