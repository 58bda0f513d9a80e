export {
  announceSite,
  type EndedMode,
  endDueModes,
  insertSite,
  type ModeChange,
  replaceContacts,
  replaceProcedures,
  setSiteMode,
  updateSite,
} from './change-site.ts'
export {
  findPanel,
  insertPanel,
  listPanels,
  type PanelFilter,
  type PanelObjects,
  panelObjects,
  panelSites,
  panelStateHistory,
  type StateChange,
  type StateChangePosition,
  setZonePriorities,
  updatePanel,
} from './panels.ts'
export { encryptedPanelKey } from './panel-keys.ts'
export {
  insertSecret,
  listSecrets,
  lockSecret,
  type NewSecret,
  removeSecret,
  type SealedSecret,
  updateSecret,
} from './secrets.ts'
export { findSite, lastChangeOf, listSites, type SiteFilter, siteAround } from './read-sites.ts'
