import type { AcquiredPanel, PanelObjectName, WorkerPanel } from '@stam/store'

/** A panel this process drives from now on. */
export interface OwnedPanel {
  readonly panel: WorkerPanel
  readonly acquired: AcquiredPanel
  readonly names: readonly PanelObjectName[]
}

export interface OwnershipEvents {
  /** About to be acquired: the time to fetch what their links will need. Never rejects. */
  readonly onWanted?: (panels: readonly WorkerPanel[]) => Promise<void>
  readonly onAcquired: (owned: OwnedPanel) => void
  /** No longer ours, or no longer as it was: close its link before the returned promise resolves. */
  readonly onLost: (panelId: string) => Promise<void>
}

/**
 * Which panels are this process's to drive: acquire → epoch → run → release. The embedded profile owns all of them; with
 * several workers leases decide. Every row written in a panel's name carries the epoch, and the store refuses an old one,
 * so two processes that both believe they own a panel cannot both be heard.
 */
export interface PanelOwnership {
  /** Begins; resolves when the first panels have been acquired, or at once while the database is away. */
  start(events: OwnershipEvents): Promise<void>
  /** The store said that a panel has another owner. */
  lost(panelId: string): void
  /** Enabled panels, as last counted. */
  readonly enabled: number
  /** Gives everything back. Links must be closed by then. */
  close(): Promise<void>
}
