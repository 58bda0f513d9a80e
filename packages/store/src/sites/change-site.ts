/** Changes of sites: each names the version it starts from, so that two people never overwrite each other unseen. */
import type { CreateSiteRequest, SiteSettingsChanges, UpdateSiteRequest } from '@stam/contracts'
import type { Transaction } from '../connection.ts'
import { appendOutbox } from '../outbox/append-outbox.ts'

type ContactInput = CreateSiteRequest['contacts'][number]
type ProcedureInput = CreateSiteRequest['procedures'][number]

/** Rejects CONSTRAINT_VIOLATED `sites_code_key` when the code is taken. */
export async function insertSite(
  tx: Transaction,
  site: Omit<CreateSiteRequest, 'contacts' | 'procedures' | 'settings'> & {
    readonly id: string
    readonly settings: SiteSettingsChanges
  },
): Promise<void> {
  await tx.execute(
    `INSERT INTO sites (id, code, name, type, address_line, postal_code, city, latitude, longitude, time_zone, notes, settings)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      site.id,
      site.code,
      site.name,
      site.type,
      site.address_line,
      site.postal_code,
      site.city,
      site.latitude,
      site.longitude,
      site.time_zone,
      site.notes,
      JSON.stringify(site.settings),
    ],
  )
}

const editable = [
  'code',
  'name',
  'type',
  'address_line',
  'postal_code',
  'city',
  'latitude',
  'longitude',
  'time_zone',
  'notes',
] as const

/** Writes the given fields and moves the version. False: the site is no longer at that version. */
export async function updateSite(
  tx: Transaction,
  id: string,
  changes: Omit<UpdateSiteRequest, 'contacts' | 'procedures' | 'settings'> & {
    readonly settings?: SiteSettingsChanges | undefined
    readonly status?: 'ACTIVE' | 'ARCHIVED' | undefined
  },
): Promise<boolean> {
  const values: unknown[] = [id, changes.version]
  const bind = (value: unknown) => `$${values.push(value)}`
  const sets = ['version = version + 1', 'updated_at = clock_timestamp()']
  for (const field of editable) {
    if (changes[field] !== undefined) sets.push(`${field} = ${bind(changes[field])}`)
  }
  if (changes.settings) sets.push(`settings = settings || ${bind(JSON.stringify(changes.settings))}::jsonb`)
  if (changes.status) sets.push(`status = ${bind(changes.status)}`)
  return (await tx.execute(`UPDATE sites SET ${sets.join(', ')} WHERE id = $1 AND version = $2`, values)) > 0
}

/** Puts this list, in this order, in the place of the site's contacts. */
export async function replaceContacts(
  tx: Transaction,
  siteId: string,
  contacts: readonly (ContactInput & { readonly id: string })[],
): Promise<void> {
  await tx.execute(`DELETE FROM site_contacts WHERE site_id = $1`, [siteId])
  if (contacts.length === 0) return
  await tx.execute(
    `INSERT INTO site_contacts (id, site_id, position, name, role, phone, email, note)
     SELECT c.id, $1, c.position, c.name, c.role, c.phone, c.email, c.note
     FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
       WITH ORDINALITY AS c(id, name, role, phone, email, note, position)`,
    [siteId, ...columns(contacts, ['id', 'name', 'role', 'phone', 'email', 'note'])],
  )
}

/** Puts this list, in this order, in the place of the site's procedures. */
export async function replaceProcedures(
  tx: Transaction,
  siteId: string,
  procedures: readonly (ProcedureInput & { readonly id: string })[],
): Promise<void> {
  await tx.execute(`DELETE FROM site_procedures WHERE site_id = $1`, [siteId])
  if (procedures.length === 0) return
  await tx.execute(
    `INSERT INTO site_procedures (id, site_id, position, title, stream, body)
     SELECT p.id, $1, p.position, p.title, p.stream, p.body
     FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[]) WITH ORDINALITY AS p(id, title, stream, body, position)`,
    [siteId, ...columns(procedures, ['id', 'title', 'stream', 'body'])],
  )
}

function columns<Row extends object>(rows: readonly Row[], names: readonly (keyof Row)[]): unknown[][] {
  return names.map((name) => rows.map((row) => row[name]))
}

export interface ModeChange {
  readonly siteId: string
  readonly version: number
  readonly mode: 'service' | 'test'
  /** Null = off. */
  readonly on: { readonly reason: string; readonly until: string | null; readonly by: string } | null
}

/** Switches service or test mode. False: the site is no longer at that version. */
export async function setSiteMode(tx: Transaction, change: ModeChange): Promise<boolean> {
  const { mode, on } = change
  const touched = await tx.execute(
    `UPDATE sites SET version = version + 1, updated_at = clock_timestamp(), ${mode}_mode = $3,
       ${mode}_since = CASE WHEN $3 THEN clock_timestamp() END, ${mode}_until = $4, ${mode}_reason = $5, ${mode}_by = $6
     WHERE id = $1 AND version = $2`,
    [change.siteId, change.version, on !== null, on?.until ?? null, on?.reason ?? null, on?.by ?? null],
  )
  return touched > 0
}

export interface EndedMode {
  readonly siteId: string
  readonly mode: 'service' | 'test'
  readonly reason: string | null
}

/** Ends modes whose time has come; each is ended once, whichever backend is first. Returns what ended. */
export async function endDueModes(tx: Transaction): Promise<EndedMode[]> {
  const due = await tx.query<{
    id: string
    service_due: boolean
    test_due: boolean
    service_reason: string | null
    test_reason: string | null
  }>(
    `SELECT id, coalesce(service_until <= now(), false) AS service_due, coalesce(test_until <= now(), false) AS test_due, service_reason, test_reason
     FROM sites WHERE (service_until IS NOT NULL OR test_until IS NOT NULL) AND least(service_until, test_until) <= now()
     ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED`,
  )
  const ended: EndedMode[] = []
  for (const site of due) {
    if (site.service_due) ended.push({ siteId: site.id, mode: 'service', reason: site.service_reason })
    if (site.test_due) ended.push({ siteId: site.id, mode: 'test', reason: site.test_reason })
  }
  await tx.execute(
    `UPDATE sites s SET version = version + 1, updated_at = clock_timestamp(),
       service_mode = service_mode AND NOT d.service, service_since = CASE WHEN NOT d.service THEN service_since END,
       service_until = CASE WHEN NOT d.service THEN service_until END, service_reason = CASE WHEN NOT d.service THEN service_reason END,
       service_by = CASE WHEN NOT d.service THEN service_by END,
       test_mode = test_mode AND NOT d.test, test_since = CASE WHEN NOT d.test THEN test_since END,
       test_until = CASE WHEN NOT d.test THEN test_until END, test_reason = CASE WHEN NOT d.test THEN test_reason END,
       test_by = CASE WHEN NOT d.test THEN test_by END
     FROM unnest($1::uuid[], $2::boolean[], $3::boolean[]) AS d(id, service, test) WHERE s.id = d.id`,
    [due.map((site) => site.id), due.map((site) => site.service_due), due.map((site) => site.test_due)],
  )
  return ended
}

/** Tells every console that the site has changed. */
export async function announceSite(tx: Transaction, siteId: string, requestId: string | null): Promise<void> {
  const [site] = await tx.query<{ version: number; service_mode: boolean; test_mode: boolean }>(
    `SELECT version, service_mode, test_mode FROM sites WHERE id = $1`,
    [siteId],
  )
  if (!site) return
  await appendOutbox(tx, [
    {
      aggregateType: 'site',
      aggregateId: siteId,
      type: 'site.updated',
      siteId,
      data: { site_id: siteId, ...site },
      version: site.version,
      requestId,
    },
  ])
}
