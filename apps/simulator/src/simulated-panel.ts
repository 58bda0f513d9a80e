import { COMMAND, type PanelModel } from '@stam/integra/codec'
import type { Behaviour, ReceivedRequest } from './module/behaviour.ts'
import type { EthernetModule, ModuleCounters } from './module/ethernet-module.ts'
import { PanelAction, type PanelActionInput } from './panel/panel-actions.ts'
import { performAction } from './panel/perform-action.ts'
import type { VirtualPanel } from './panel/virtual-panel.ts'
import { SimulatorError } from './simulator-error.ts'

export interface ActionResult {
  /** Whether anything was different before. Violating a violated zone is no change. */
  readonly changed: boolean
  /** Ledger sequence numbers of the signals written at once; delayed ones come later. */
  readonly signals: readonly number[]
}

/** One virtual panel with its module, as callers see it. */
export class SimulatedPanel {
  /** The panel behind the module; scenarios and views work on it directly. */
  readonly core: VirtualPanel
  readonly #module: EthernetModule

  constructor(core: VirtualPanel, module: EthernetModule) {
    this.core = core
    this.#module = module
  }

  get id(): string {
    return this.core.id
  }

  get name(): string {
    return this.core.spec.name
  }

  get model(): PanelModel {
    return this.core.spec.model
  }

  get host(): string {
    return this.core.spec.host
  }

  get port(): number {
    return this.#module.port
  }

  get encrypted(): boolean {
    return this.#module.encrypted
  }

  get connected(): boolean {
    return this.#module.connected
  }

  get mode(): EthernetModule['mode'] {
    return this.#module.mode
  }

  get faultMode(): EthernetModule['faultMode'] {
    return this.#module.faultMode
  }

  get counters(): Readonly<ModuleCounters> {
    return this.#module.counters
  }

  /** The latest requests of clients, oldest first. */
  get received(): readonly ReceivedRequest[] {
    return this.#module.received
  }

  get armedPartitions(): number[] {
    return this.core.state.numbers(COMMAND.partitionsArmed)
  }

  /**
   * Does one thing to the panel or its module.
   * @throws SimulatorError INVALID_REQUEST for an action that does not exist, *_NOT_FOUND for objects the panel has not
   */
  async do(action: PanelActionInput): Promise<ActionResult> {
    const parsed = PanelAction.safeParse(action)
    if (!parsed.success) {
      const issues = parsed.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }))
      throw new SimulatorError('INVALID_REQUEST', 'the action is not described correctly', { issues })
    }
    return this.perform(parsed.data)
  }

  /** Like {@link do} for an action that has been parsed. */
  async perform(action: PanelAction): Promise<ActionResult> {
    if (action.action === 'fault') {
      const before = this.faultMode
      await this.#module.setFault(action)
      return { changed: before !== this.faultMode || action.mode !== 'none', signals: [] }
    }
    if (action.action === 'mode') {
      const changed = this.mode !== action.mode
      this.#module.setMode(action.mode)
      return { changed, signals: [] }
    }
    let changed = false
    const signals = this.core.transactSignals(() => {
      changed = performAction(this.core, action)
    })
    return { changed, signals }
  }

  /** Puts a behaviour of the caller on top of the module's. @returns takes it off again */
  use(behaviour: Behaviour): () => void {
    return this.#module.use(behaviour)
  }
}
