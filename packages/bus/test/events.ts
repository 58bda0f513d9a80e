import type { PanelEvent, StreamMessage } from '@stam/contracts'
import { uuidv5 } from '@stam/runtime'

const NAMESPACE = '0191f0a0-0000-7000-8000-000000000001'

/** Id of the n-th panel of a test. */
export function panelId(panel: number): string {
  return uuidv5(NAMESPACE, `panel ${panel}`)
}

/** The n-th event of a panel; the number is `panel_seq`. */
export function panelEvent(panel: number, sequence: number): PanelEvent {
  const time = new Date(Date.UTC(2026, 0, 1) + sequence).toISOString()
  return {
    kind: 'panel-event',
    schema_version: 1,
    event_id: uuidv5(NAMESPACE, `event ${panel} ${sequence}`),
    panel_id: panelId(panel),
    epoch: 1,
    panel_seq: sequence,
    timestamp: time,
    received_at: time,
    source: 'STATE',
    event_type: 'ALARM',
    event_code: 130,
    restore: false,
    zone_no: (sequence % 256) + 1,
    partition_no: 1,
    user_no: null,
    output_no: null,
    description: { pl: 'Włamanie', en: 'Burglary' },
    object_name: 'Okno kuchnia',
    default_priority: 'CRITICAL',
    late: false,
    raw_payload: '00ff',
    dedup_key: `${panel}:130:${sequence % 256}`,
    signal: null,
    memory_cursor: null,
    service_instance_id: 'worker-1',
    request_id: `trace-${panel}-${sequence}`,
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
