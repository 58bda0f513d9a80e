/** Panels: what people keep about them, what they call their objects, and their timeline. */
import type {
  CreatePanelRequest,
  Output,
  Panel,
  Partition,
  Priority,
  SiteScope,
  UpdatePanelRequest,
  Zone,
} from '@stam/contracts'
import type { z } from 'zod'
import { searchWords } from '../alarms/list-alarms.ts'
import type { Queryable, Transaction } from '../connection.ts'
import { PANELS_CHANNEL } from '../panels/panel-leases.ts'
import { scopeValue, withinScope } from '../system/site-scope.ts'

const panelColumns = `p.id, p.version, p.site_id, p.name, p.host, p.port, p.enabled, p.time_zone,
  p.integration_key_encrypted IS NOT NULL AS has_integration_key, p.model, p.firmware, p.names_read_at, p.created_at, p.updated_at`

export interface PanelFilter {
  readonly scope: SiteScope
  readonly siteId?: string | undefined
  readonly text?: string | undefined
}

/** One page of panels by site and name, and how many there are in all. `page` from 1. */
export async function listPanels(
  db: Queryable,
  filter: PanelFilter,
  { page, limit }: { page: number; limit: number },
): Promise<{ panels: { panel: Panel; siteName: string }[]; total: number }> {
  const values: unknown[] = [scopeValue(filter.scope)]
  const bind = (value: unknown) => `$${values.push(value)}`
  const conditions = ['p.archived_at IS NULL', withinScope('p.site_id', '$1')]
  if (filter.siteId) conditions.push(`p.site_id = ${bind(filter.siteId)}::uuid`)
  for (const word of searchWords(filter.text)) {
    const pattern = `'%' || fold_text(${bind(word)}) || '%'`
    conditions.push(`(fold_text(p.name) LIKE ${pattern} OR s.search_text LIKE ${pattern})`)
  }
  const from = `panels p JOIN sites s ON s.id = p.site_id WHERE ${conditions.join(' AND ')}`
  const [counted] = await db.query<{ total: number }>(`SELECT count(*) AS total FROM ${from}`, values)
  const rows = await db.query<Panel & { site_name: string }>(
    `SELECT ${panelColumns}, s.name AS site_name FROM ${from} ORDER BY fold_text(s.name), s.id, fold_text(p.name), p.id
     LIMIT ${bind(limit)} OFFSET ${bind((page - 1) * limit)}`,
    values,
  )
  return {
    panels: rows.map(({ site_name, ...panel }) => ({ panel, siteName: site_name })),
    total: counted?.total ?? 0,
  }
}

/** The panel, or null when there is none in this scope. */
export async function findPanel(db: Queryable, id: string, scope: SiteScope): Promise<Panel | null> {
  const [row] = await db.query<Panel>(
    `SELECT ${panelColumns} FROM panels p WHERE p.id = $1 AND p.archived_at IS NULL AND ${withinScope('p.site_id', '$2')}`,
    [id, scopeValue(scope)],
  )
  return row ?? null
}

/** Every panel in use with its site: the map by which live state finds the people who may see it. */
export function panelSites(db: Queryable): Promise<{ panel_id: string; site_id: string; enabled: boolean }[]> {
  return db.query(`SELECT id AS panel_id, site_id, enabled FROM panels WHERE archived_at IS NULL`)
}

export interface PanelObjects {
  readonly zones: Zone[]
  readonly partitions: z.infer<typeof Partition>[]
  readonly outputs: z.infer<typeof Output>[]
}

export async function panelObjects(db: Queryable, panelId: string): Promise<PanelObjects> {
  const rows = await db.query<{
    kind: string
    number: number
    name: string
    function: number | null
    partition_no: number | null
    object_no: number | null
    priority_overrides: Record<string, Priority>
  }>(
    `SELECT kind, number, name, function, partition_no, object_no, priority_overrides FROM panel_objects
     WHERE panel_id = $1 AND kind IN ('zone', 'partition', 'output') ORDER BY kind, number`,
    [panelId],
  )
  const of = (kind: string) => rows.filter((row) => row.kind === kind)
  return {
    zones: of('zone').map((row) => ({
      number: row.number,
      name: row.name,
      reaction: row.function,
      partition_no: row.partition_no,
      priority_overrides: row.priority_overrides,
    })),
    partitions: of('partition').map(({ number, name, object_no }) => ({ number, name, object_no })),
    outputs: of('output').map((row) => ({ number: row.number, name: row.name, function: row.function })),
  }
}

/** Rejects CONSTRAINT_VIOLATED `panels_address_key` when the address is taken. */
export async function insertPanel(
  tx: Transaction,
  panel: Omit<CreatePanelRequest, 'integration_key'> & { readonly id: string; readonly encryptedKey: string | null },
): Promise<void> {
  await tx.execute(
    `INSERT INTO panels (id, site_id, name, host, port, enabled, time_zone, integration_key_encrypted)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [panel.id, panel.site_id, panel.name, panel.host, panel.port, panel.enabled, panel.time_zone, panel.encryptedKey],
  )
  await tellWorkers(tx)
}

/** Workers look at the panels at once, when the change has committed, instead of at their next round. */
async function tellWorkers(tx: Transaction): Promise<void> {
  await tx.query(`SELECT pg_notify($1, '')`, [PANELS_CHANNEL])
}

const editable = ['name', 'host', 'port', 'enabled', 'time_zone'] as const

/** Writes the given fields and moves the version; `encryptedKey` null removes the key. False: no longer at that version. */
export async function updatePanel(
  tx: Transaction,
  id: string,
  changes: Omit<UpdatePanelRequest, 'integration_key'> & { readonly encryptedKey?: string | null | undefined },
): Promise<boolean> {
  const values: unknown[] = [id, changes.version]
  const bind = (value: unknown) => `$${values.push(value)}`
  const sets = ['version = version + 1', 'updated_at = clock_timestamp()']
  for (const field of editable) {
    if (changes[field] !== undefined) sets.push(`${field} = ${bind(changes[field])}`)
  }
  if (changes.encryptedKey !== undefined) {
    sets.push(
      `integration_key_encrypted = ${bind(changes.encryptedKey)}`,
      'integration_key_no = integration_key_no + 1',
    )
  }
  const where = `id = $1 AND version = $2 AND archived_at IS NULL`
  if ((await tx.execute(`UPDATE panels SET ${sets.join(', ')} WHERE ${where}`, values)) === 0) return false
  await tellWorkers(tx)
  return true
}

/** Sets a zone's priorities under the panel's version; the zone comes into being when the panel has not named it yet. */
export async function setZonePriorities(
  tx: Transaction,
  change: { panelId: string; version: number; zoneNo: number; overrides: Readonly<Record<string, Priority>> },
): Promise<boolean> {
  if (!(await updatePanel(tx, change.panelId, { version: change.version }))) return false
  await tx.execute(
    `INSERT INTO panel_objects (panel_id, kind, number, priority_overrides) VALUES ($1, 'zone', $2, $3)
     ON CONFLICT (panel_id, kind, number) DO UPDATE SET priority_overrides = excluded.priority_overrides`,
    [change.panelId, change.zoneNo, JSON.stringify(change.overrides)],
  )
  return true
}

export interface StateChangePosition {
  readonly at: string
  readonly id: number
}

export interface StateChange {
  readonly id: number
  readonly at: string
  /** Null = the link itself. */
  readonly partition_no: number | null
  readonly from: string | null
  readonly to: string
  readonly triggered_by: string | null
}

/** The timeline of a panel's partitions and link, newest first. */
export async function panelStateHistory(
  db: Queryable,
  filter: { panelId: string; partition?: number | undefined; from?: string | undefined; to?: string | undefined },
  page: { after: StateChangePosition | null; limit: number },
): Promise<{ changes: StateChange[]; next: StateChangePosition | null }> {
  const values: unknown[] = [filter.panelId, page.limit + 1]
  const bind = (value: unknown) => `$${values.push(value)}`
  const conditions = ['panel_id = $1']
  if (filter.partition) conditions.push(`partition_no = ${bind(filter.partition)}`)
  if (filter.from) conditions.push(`changed_at >= ${bind(filter.from)}::timestamptz`)
  if (filter.to) conditions.push(`changed_at < ${bind(filter.to)}::timestamptz`)
  if (page.after)
    conditions.push(`(changed_at, id) < (${bind(page.after.at)}::timestamptz, ${bind(page.after.id)}::bigint)`)
  const rows = await db.query<StateChange>(
    `SELECT id, changed_at AS at, partition_no, old_state AS from, new_state AS to, triggered_by
     FROM panel_state_history WHERE ${conditions.join(' AND ')} ORDER BY changed_at DESC, id DESC LIMIT $2`,
    values,
  )
  const changes = rows.slice(0, page.limit)
  const last = changes.at(-1)
  return { changes, next: last && rows.length > page.limit ? { at: last.at, id: last.id } : null }
}
