/**
 * Which panels exist and to which site each belongs, in memory: live state knows panels only, scopes know sites only.
 * Re-read now and then, and at once when something about an unknown panel arrives.
 */
import type { Clock, Log } from '@stam/runtime'
import { panelSites, type Store } from '@stam/store'

export interface PanelDirectory {
  /** Null: no such panel (any more). */
  siteOf(panelId: string): string | null
  /** Ids of panels in use; with `enabledOnly` without those switched off. */
  panelIds(enabledOnly?: boolean): string[]
  /** Reads again; several calls at once share one read. Never rejects. */
  refresh(): Promise<void>
  close(): void
}

const EVERY_MS = 30_000

export async function createPanelDirectory(store: Store, clock: Clock, log: Log): Promise<PanelDirectory> {
  let panels = new Map<string, { siteId: string; enabled: boolean }>()
  let reading: Promise<void> | null = null
  let cancel = () => {}
  let closed = false

  async function read(): Promise<void> {
    try {
      const rows = await panelSites(store)
      panels = new Map(rows.map((row) => [row.panel_id, { siteId: row.site_id, enabled: row.enabled }]))
    } catch (error) {
      log.warn('panel_directory_stale', { error })
    }
  }
  function refresh(): Promise<void> {
    reading ??= read().finally(() => {
      reading = null
    })
    return reading
  }
  function readLater(): void {
    if (closed) return
    cancel = clock.setTimer(EVERY_MS, () => void refresh().then(readLater))
  }

  await refresh()
  readLater()
  return {
    siteOf: (panelId) => panels.get(panelId)?.siteId ?? null,
    panelIds: (enabledOnly = false) =>
      [...panels].filter(([, panel]) => panel.enabled || !enabledOnly).map(([panelId]) => panelId),
    refresh,
    close() {
      closed = true
      cancel()
    },
  }
}
