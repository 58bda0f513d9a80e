/** The SATEL worker: panels in, events and live state out. Starts by this door in the station, by main.ts alone. */
export { WorkerConfig, type WorkerConfigInput } from './config.ts'
export type { OwnedPanel, OwnershipEvents, PanelOwnership } from './ownership/panel-ownership.ts'
export {
  type RunningWorker,
  startSatelWorker,
  type WorkerDependencies,
  type WorkerFigures,
} from './start-satel-worker.ts'
