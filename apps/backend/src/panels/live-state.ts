/** Live state for people: from the live store, and where that cannot be asked or knows nothing, UNKNOWN, never "fine". */
import type { PanelLive } from '@stam/contracts'
import type { Live } from '@stam/live'
import type { Log } from '@stam/runtime'

export type LiveStates = (panelIds: readonly string[]) => Promise<PanelLive[]>

/** The state of each panel, in the order asked. Never rejects. */
export function readLiveStates(live: Live, log: Log): LiveStates {
  /** So that "unknown now" is newer than the last state a screen has, and replaces it. */
  const newest = new Map<string, Pick<PanelLive, 'epoch' | 'version' | 'last_contact_at' | 'updated_at'>>()

  return async (panelIds) => {
    if (panelIds.length === 0) return []
    const known = new Map<string, PanelLive>()
    try {
      for (const state of await live.panels.snapshot(panelIds)) known.set(state.panel_id, state)
    } catch (error) {
      log.warn('live_state_unknown', { error, panels: panelIds.length })
    }
    return panelIds.map((panelId) => {
      const state = known.get(panelId)
      if (!state || (state.connection === 'UNKNOWN' && state.epoch === 0))
        return { ...unknownState(panelId), ...newest.get(panelId) }
      const { epoch, version, last_contact_at, updated_at } = state
      newest.set(panelId, { epoch, version, last_contact_at, updated_at })
      return state
    })
  }
}

export function unknownState(panelId: string): PanelLive {
  return {
    panel_id: panelId,
    epoch: 0,
    version: 0,
    connection: 'UNKNOWN',
    connection_detail: null,
    connection_since: null,
    worker_id: null,
    last_contact_at: null,
    updated_at: null,
    identity: null,
    clock_drift_ms: null,
    service_mode: null,
    bits: null,
    troubles: null,
  }
}
