/**
 * Virtual INTEGRA panels over real TCP: as a library (this door), as a process (main.ts) and by HTTP.
 * docs/simulator.md lists what can be done to them.
 */
export { type BenchPanelOptions, benchPanels } from './bench-panels.ts'
export { simulateCommand } from './cli.ts'
export {
  type DemoSecrets,
  demoPanels,
  generateDemoSecrets,
  type PanelSecrets,
  SERVICE_USER_NUMBER,
} from './demo-panels.ts'
export type { HttpListener } from './http/listen-http.ts'
export { ledgerSummary, simulatorRoutes } from './http/simulator-routes.ts'
export type { LedgerEntry } from './ledger/ledger.ts'
export { raisesAlarm, type SignalClass, signalClass, signalClasses } from './ledger/signal-class.ts'
export type { AnswerFate, Behaviour, ReceivedRequest } from './module/behaviour.ts'
export { type Fault, type FaultMode, faultModes } from './module/fault.ts'
export { type ModuleProfileName, moduleProfileNames } from './module/module-profile.ts'
export { PanelAction, type PanelActionInput, panelActionNames } from './panel/panel-actions.ts'
export { type Latency, type PanelMode, PanelSpec, type PanelSpecInput, parsePanelSpec } from './panel/panel-spec.ts'
export { type TroubleName, troubleIndex, troubleNames } from './panel/troubles.ts'
export { type Burst, ScenarioProgress, ScenarioSpec, type ScenarioSpecInput } from './scenario.ts'
export type { ActionResult, SimulatedPanel } from './simulated-panel.ts'
export { createSimulator, type Simulator, type SimulatorOptions } from './simulator.ts'
export { SimulatorError, type SimulatorErrorCode, simulatorErrorCodes } from './simulator-error.ts'
export { ManualTime, type SimulatorTime } from './simulator-time.ts'
