import type { PanelLive, StreamMessage } from '@stam/contracts'
import { uuidv5 } from '@stam/runtime'

const NAMESPACE = '0191f0a0-0000-7000-8000-000000000001'

export function panelId(panel: number): string {
  return uuidv5(NAMESPACE, `panel ${panel}`)
}

/** Everything known of a panel, contacted just now. */
export function livePanel(panel: number, epoch: number, version: number, extra: Partial<PanelLive> = {}): PanelLive {
  const now = new Date().toISOString()
  return {
    panel_id: panelId(panel),
    epoch,
    version,
    connection: 'CONNECTED',
    connection_detail: { pl: 'Połączono', en: 'Connected' },
    connection_since: now,
    worker_id: 'worker-1',
    last_contact_at: now,
    updated_at: now,
    identity: { model: 'INTEGRA 128', firmware: '1.21', module_version: '2.09', encrypted: true, push: false },
    clock_drift_ms: -1_250,
    service_mode: false,
    bits: {
      zones_violated: [3, 17, 128],
      zones_tampered: [],
      zones_alarm: [3],
      zones_tamper_alarm: [],
      zones_alarm_memory: [3],
      zones_bypassed: [9],
      zones_isolated: [],
      zones_masked: [],
      partitions_armed: [1, 2],
      partitions_armed_mode1: [],
      partitions_armed_mode2: [2],
      partitions_armed_mode3: [],
      partitions_entry_delay: [],
      partitions_exit_delay: [],
      partitions_alarm: [1],
      partitions_fire_alarm: [],
      partitions_alarm_memory: [],
      partitions_blocked: [],
      outputs_on: [1, 64],
    },
    troubles: [{ key: 'ac', text: { pl: 'Brak zasilania 230 V', en: 'Mains failure' }, object: null }],
    ...extra,
  }
}

/** What is said of a panel nobody told of. */
export function unknownPanel(panel: number): PanelLive {
  return {
    panel_id: panelId(panel),
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

export function streamMessage(sequence: number): StreamMessage {
  return {
    kind: 'stream',
    schema_version: 1,
    sequence_id: sequence,
    type: 'alarm.new',
    site_id: null,
    data: { alarm: sequence },
    timestamp: new Date(Date.UTC(2026, 0, 1) + sequence).toISOString(),
    request_id: null,
  }
}

export function streamMessages(from: number, to: number): StreamMessage[] {
  return Array.from({ length: to - from + 1 }, (_, index) => streamMessage(from + index))
}
