/** An alarm for tests: everything a summary needs, and what the test says of it. */
import type { AlarmSummary } from '@stam/contracts'

export const someone = { id: '00000000-0000-4000-8000-0000000000aa', name: 'Marta Nowak' }

export function sampleAlarm(id: number, change: Partial<AlarmSummary> = {}): AlarmSummary {
  const at = new Date(Date.UTC(2026, 10, 21, 20, 0, 0) + id * 1_000).toISOString()
  return {
    id: `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`,
    number: 1000 + id,
    version: 1,
    site: { id: '00000000-0000-4000-8000-0000000000ff', code: '001', name: 'Apteka Świętokrzyska', city: 'Łódź' },
    panel_id: null,
    stream: 'panel',
    priority: 'CRITICAL',
    status: 'NEW',
    headline: { pl: 'Włamanie', en: 'Burglary' },
    object_name: 'Czujka PIR hol',
    event_types: ['ALARM'],
    event_count: 1,
    repeat_count: 0,
    first_seen: at,
    last_seen: at,
    created_at: at,
    updated_at: at,
    handler: null,
    claimed_at: null,
    acked_at: null,
    resolved_at: null,
    closed_at: null,
    disposition: null,
    requires_note: false,
    normal_since: null,
    service_mode: false,
    test_mode: false,
    late: false,
    ...change,
  }
}
