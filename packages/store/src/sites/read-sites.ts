/** Sites as people see them: search, list, detail. */
import {
  type AlarmSummary,
  type Site,
  type SiteContact,
  type SiteMode,
  type SiteProcedure,
  SiteSettings,
  type SiteScope,
} from '@stam/contracts'
import { recentAlarms } from '../alarms/alarm-detail.ts'
import { searchWords } from '../alarms/list-alarms.ts'
import type { Queryable } from '../connection.ts'
import { scopeValue, withinScope } from '../system/site-scope.ts'

const siteColumns = `s.id, s.version, s.code, s.name, s.type, s.address_line, s.postal_code, s.city, s.latitude, s.longitude, s.time_zone, s.notes,
  s.status, s.settings, s.service_mode, s.service_since, s.service_until, s.service_reason, s.service_by, s.test_mode, s.test_since,
  s.test_until, s.test_reason, s.test_by, s.created_at, s.updated_at,
  (SELECT count(*) FROM panels p WHERE p.site_id = s.id AND p.archived_at IS NULL) AS panel_count, open.critical, open.warning, open.info`
const openAlarmsOfSite = `LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE a.priority = 'CRITICAL') AS critical, count(*) FILTER (WHERE a.priority = 'WARNING') AS warning,
      count(*) FILTER (WHERE a.priority = 'INFO') AS info
    FROM alarms a WHERE a.site_id = s.id AND a.status <> 'CLOSED' AND NOT a.test_mode) open ON true`

interface SiteRow extends Omit<Site, 'settings' | 'service_mode' | 'test_mode' | 'active_alarms'> {
  settings: Partial<SiteSettings>
  service_mode: boolean
  service_since: string | null
  service_until: string | null
  service_reason: string | null
  service_by: string | null
  test_mode: boolean
  test_since: string | null
  test_until: string | null
  test_reason: string | null
  test_by: string | null
  critical: number
  warning: number
  info: number
}

function toSite(row: SiteRow): Site {
  const mode = (kind: 'service' | 'test'): SiteMode => ({
    active: row[`${kind}_mode`],
    since: row[`${kind}_since`],
    until: row[`${kind}_until`],
    reason: row[`${kind}_reason`],
    by: row[`${kind}_by`],
  })
  return {
    id: row.id,
    version: row.version,
    code: row.code,
    name: row.name,
    type: row.type,
    address_line: row.address_line,
    postal_code: row.postal_code,
    city: row.city,
    latitude: row.latitude,
    longitude: row.longitude,
    time_zone: row.time_zone,
    notes: row.notes,
    status: row.status,
    // Only what differs from the defaults is stored.
    settings: SiteSettings.parse(row.settings),
    service_mode: mode('service'),
    test_mode: mode('test'),
    active_alarms: { CRITICAL: row.critical, WARNING: row.warning, INFO: row.info },
    panel_count: row.panel_count,
    created_at: row.created_at,
    updated_at: row.updated_at,
  }
}

export interface SiteFilter {
  readonly scope: SiteScope
  readonly text?: string | undefined
  readonly status: 'active' | 'archived' | 'all'
  readonly type?: string | undefined
  readonly mode?: 'service' | 'test' | undefined
}

/** One page of sites by name, and how many there are in all. `page` from 1. */
export async function listSites(
  db: Queryable,
  filter: SiteFilter,
  { page, limit }: { page: number; limit: number },
): Promise<{ sites: Site[]; total: number }> {
  const values: unknown[] = [scopeValue(filter.scope)]
  const bind = (value: unknown) => `$${values.push(value)}`
  const conditions = [withinScope('s.id', '$1')]
  if (filter.status !== 'all') conditions.push(`s.status = ${bind(filter.status.toUpperCase())}`)
  if (filter.type) conditions.push(`s.type = ${bind(filter.type)}`)
  if (filter.mode) conditions.push(filter.mode === 'service' ? 's.service_mode' : 's.test_mode')
  for (const word of searchWords(filter.text)) {
    conditions.push(`s.search_text LIKE '%' || fold_text(${bind(word)}) || '%'`)
  }
  const where = conditions.join(' AND ')
  const [counted] = await db.query<{ total: number }>(`SELECT count(*) AS total FROM sites s WHERE ${where}`, values)
  // The page is chosen before alarms are counted, so that only the shown sites are counted for.
  const rows = await db.query<SiteRow>(
    `SELECT ${siteColumns}
     FROM (SELECT * FROM sites s WHERE ${where} ORDER BY fold_text(s.name), s.id
           LIMIT ${bind(limit)} OFFSET ${bind((page - 1) * limit)}) s ${openAlarmsOfSite}
     ORDER BY fold_text(s.name), s.id`,
    values,
  )
  return { sites: rows.map(toSite), total: counted?.total ?? 0 }
}

/** The site, or null when there is none in this scope. */
export async function findSite(db: Queryable, id: string, scope: SiteScope): Promise<Site | null> {
  const [row] = await db.query<SiteRow>(
    `SELECT ${siteColumns} FROM sites s ${openAlarmsOfSite} WHERE s.id = $1 AND ${withinScope('s.id', '$2')}`,
    [id, scopeValue(scope)],
  )
  return row ? toSite(row) : null
}

const RECENT_ALARMS = 20

/** Contacts in call order, procedures, and the newest alarms of a site the caller may see. */
export async function siteAround(
  db: Queryable,
  siteId: string,
): Promise<{ contacts: SiteContact[]; procedures: SiteProcedure[]; recentAlarms: AlarmSummary[] }> {
  const contacts = await db.query<SiteContact>(
    `SELECT id, position, name, role, phone, email, note FROM site_contacts WHERE site_id = $1 ORDER BY position`,
    [siteId],
  )
  const procedures = await db.query<SiteProcedure>(
    `SELECT id, title, stream, body FROM site_procedures WHERE site_id = $1 ORDER BY position, id`,
    [siteId],
  )
  return { contacts, procedures, recentAlarms: await recentAlarms(db, siteId, RECENT_ALARMS) }
}

/** Who last changed an entity by hand, from the audit record; for conflicts. */
export async function lastChangeOf(
  db: Queryable,
  entityType: string,
  entityId: string,
): Promise<{ by: string; at: string } | null> {
  const [row] = await db.query<{ by: string; at: string }>(
    `SELECT actor_name AS by, at FROM audit_log WHERE entity_type = $1 AND entity_id = $2 ORDER BY id DESC LIMIT 1`,
    [entityType, entityId],
  )
  return row ?? null
}
