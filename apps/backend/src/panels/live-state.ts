/** Live state for people: from the live store, and where that cannot be asked or knows nothing, UNKNOWN, never "fine". */
import type { PanelLive } from '@stam/contracts'
import type { Live } from '@stam/live'
import type { Log } from '@stam/runtime'

export interface LiveStates {
  /** The state of each panel, in the order asked. Never rejects. */
  read(panelIds: readonly string[]): Promise<PanelLive[]>
  /** A state that was told without being asked for. */
  noticed(panel: PanelLive): void
}

export function readLiveStates(live: Live, log: Log): LiveStates {
  /** So that "unknown now" is newer than the last state a screen has, and replaces it. */
  const newest = new Map<string, Pick<PanelLive, 'epoch' | 'version' | 'last_contact_at' | 'updated_at'>>()

  function noticed({ panel_id, epoch, version, last_contact_at, updated_at }: PanelLive): void {
    newest.set(panel_id, { epoch, version, last_contact_at, updated_at })
  }

  async function snapshot(panelIds: readonly string[]): Promise<readonly PanelLive[]> {
    try {
      return await live.panels.snapshot(panelIds)
    } catch (error) {
      log.warn('live_state_unknown', { error, panels: panelIds.length })
      return []
    }
  }

  return {
    noticed,
    async read(panelIds) {
      if (panelIds.length === 0) return []
      const known = new Map((await snapshot(panelIds)).map((state) => [state.panel_id, state]))
      return panelIds.map((panelId) => {
        const state = known.get(panelId)
        if (!state || state.epoch === 0) return { ...unknownState(panelId), ...newest.get(panelId) }
        noticed(state)
        return state
      })
    },
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
