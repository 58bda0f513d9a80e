/** Who acts and from where, and the reading side of the audit record (appending: append-audit.ts). */
import type { AuditEntry } from '@stam/contracts'
import type { Queryable } from '../connection.ts'
import type { AuditEntryDraft } from './append-audit.ts'

/** Who acts, and from where; goes with every change a person or a service makes. */
export interface Act {
  readonly actor: AuditEntryDraft['actor']
  readonly ip: string | null
  readonly requestId: string | null
  readonly serviceInstance: string
}

/** An audit entry of this act. */
export function auditOf(
  act: Act,
  entry: Omit<AuditEntryDraft, 'actor' | 'ip' | 'requestId' | 'serviceInstance'>,
): AuditEntryDraft {
  return { ...entry, ...act }
}

export function actorId(act: Act): string | null {
  return act.actor.kind === 'user' ? act.actor.id : null
}

export interface AuditFilter {
  readonly id?: number | undefined
  readonly action?: string | undefined
  readonly entityType?: string | undefined
  readonly entityId?: string | undefined
  readonly actorId?: string | undefined
  readonly siteId?: string | undefined
  readonly requestId?: string | undefined
  /** Entries about the system itself (its keys, its services) are left out. */
  readonly withoutSystem?: boolean
  readonly from?: string | undefined
  readonly to?: string | undefined
}

/** Audit entries, newest first, by their number (rows are appended in its order as far as a reader of the past cares). */
export async function listAudit(
  db: Queryable,
  filter: AuditFilter,
  page: { after: { id: number } | null; limit: number },
): Promise<{ entries: AuditEntry[]; next: { id: number } | null }> {
  const values: unknown[] = [page.limit + 1]
  const bind = (value: unknown) => `$${values.push(value)}`
  const conditions: string[] = ['true']
  if (filter.id) conditions.push(`id = ${bind(filter.id)}`)
  if (filter.action) conditions.push(`action = ${bind(filter.action)}`)
  if (filter.entityType) conditions.push(`entity_type = ${bind(filter.entityType)}`)
  if (filter.entityId) conditions.push(`entity_id = ${bind(filter.entityId)}`)
  if (filter.actorId) conditions.push(`actor_id = ${bind(filter.actorId)}::uuid`)
  if (filter.siteId) conditions.push(`site_id = ${bind(filter.siteId)}::uuid`)
  if (filter.requestId) conditions.push(`request_id = ${bind(filter.requestId)}`)
  if (filter.withoutSystem) conditions.push(`entity_type <> 'system'`)
  if (filter.from) conditions.push(`at >= ${bind(filter.from)}::timestamptz`)
  if (filter.to) conditions.push(`at < ${bind(filter.to)}::timestamptz`)
  if (page.after) conditions.push(`id < ${bind(page.after.id)}`)
  const rows = await db.query<
    Omit<AuditEntry, 'actor' | 'role' | 'service_instance_id'> & {
      actor_kind: 'user' | 'system'
      actor_id: string | null
      actor_name: string
      actor_role: string | null
      service_instance: string | null
    }
  >(
    `SELECT id, at, actor_kind, actor_id, actor_name, actor_role, action, entity_type, entity_id, site_id, before, after, reason,
       host(ip) AS ip, request_id, service_instance
     FROM audit_log WHERE ${conditions.join(' AND ')} ORDER BY id DESC LIMIT $1`,
    values,
  )
  const shown = rows.slice(0, page.limit)
  const last = shown.at(-1)
  return {
    entries: shown.map(({ actor_kind, actor_id, actor_name, actor_role, service_instance, ...row }) => ({
      ...row,
      actor: { kind: actor_kind, id: actor_id, name: actor_name },
      role: actor_role,
      service_instance_id: service_instance,
    })),
    next: last && rows.length > page.limit ? { id: last.id } : null,
  }
}
