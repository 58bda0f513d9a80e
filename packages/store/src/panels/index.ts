export {
  type ConnectionRelease,
  connectionRelease,
  endConnectionRelease,
  RELEASES_CHANNEL,
  type RunningRelease,
  releaseConnection,
  runningReleases,
} from './connection-release.ts'
export {
  type AskedTry,
  answerTry,
  askForTry,
  forgetTry,
  namedPanelsAtPort,
  panelAtAddress,
  readTry,
  TRIES_CHANNEL,
  TRY_ANSWERS_CHANNEL,
  takeTry,
} from './connection-tries.ts'
export { listPanelHolders, PANELS_CHANNEL, type PanelHolder, renewPanelLeases } from './panel-leases.ts'
export {
  type AcquiredPanel,
  acquirePanels,
  listWorkerPanels,
  panelsReportedLost,
  type RecordedSignal,
  type RecordedSnapshot,
  recordedPositions,
  releasePanels,
  type MemoryStart,
  startMemoryCursors,
  type WorkerPanel,
} from './worker-panels.ts'
export {
  appendStateHistory,
  loadPanelNames,
  type PanelObjectName,
  pruneSnapshots,
  SNAPSHOTS_KEPT,
  type SnapshotDraft,
  savePanelIdentities,
  savePanelNames,
  type StateHistoryDraft,
  writeSnapshots,
} from './worker-state.ts'
