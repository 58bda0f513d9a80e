/** Panel events as a flood makes them: many panels, few zones each, every signal its own occurrence. */
import type { PanelEvent } from '@stam/contracts'
import { uuidv5 } from '@stam/runtime'
import type { Client } from 'pg'

const NAMESPACE = '4b1d6a52-7c55-4f3e-9d0e-0f6f2b1f7a11'

export interface SampleSite {
  readonly siteId: string
  readonly panelId: string
}

/** Makes sites with one panel each; returns their ids. */
export async function createSites(client: Client, count: number): Promise<SampleSite[]> {
  const { rows } = await client.query<SampleSite>(
    `WITH site AS (
       INSERT INTO sites (id, code, name, type) SELECT gen_random_uuid(), 'P-' || n, 'Obiekt ' || n, 'SHOP' FROM generate_series(1, $1::int) n
       RETURNING id, code)
     INSERT INTO panels (id, site_id, name, host, port)
     SELECT gen_random_uuid(), id, 'INTEGRA', '127.0.0.1', 10000 + substr(code, 3)::int FROM site
     RETURNING id AS "panelId", site_id AS "siteId"`,
    [count],
  )
  return rows
}

/** @param from first panel_seq of each panel, so that several calls continue one another */
export function sampleEvents(sites: readonly SampleSite[], count: number, from = 1): PanelEvent[] {
  const events: PanelEvent[] = []
  const start = Date.now()
  for (let i = 0; i < count; i++) {
    const site = sites[i % sites.length] as SampleSite
    const seq = from + Math.floor(i / sites.length)
    const zone = 1 + (seq % 64)
    const key = `alarm:zone:${zone}`
    const at = new Date(start + Math.floor(i / 100)).toISOString()
    events.push({
      kind: 'panel-event',
      schema_version: 1,
      event_id: uuidv5(NAMESPACE, `${site.panelId}|${key}|${seq}`),
      panel_id: site.panelId,
      epoch: 1,
      panel_seq: seq,
      timestamp: at,
      received_at: at,
      source: 'STATE',
      event_type: 'ALARM',
      event_code: 130,
      restore: false,
      zone_no: zone,
      partition_no: 1,
      user_no: null,
      output_no: null,
      description: { pl: 'Alarm włamaniowy', en: 'Burglary alarm' },
      object_name: `Czujka ${zone}`,
      default_priority: 'CRITICAL',
      late: false,
      raw_payload: '',
      dedup_key: `${site.panelId}|130|${zone}|ALARM|${seq}`,
      signal: { key, ordinal: seq, seen_by_state: seq, seen_by_memory: 0, active: true },
      memory_cursor: null,
      service_instance_id: 'bench',
      request_id: `bench-${i}`,
    })
  }
  return events
}
