/** The audit record: append-only, written in the transaction of the act it records. Source: spec 06 "Audit". */
import type { Role } from '@stam/contracts'
import type { Queryable } from '../connection.ts'

export interface AuditEntryDraft {
  readonly actor:
    | { readonly kind: 'user'; readonly id: string; readonly name: string; readonly role: Role | null }
    | { readonly kind: 'system'; readonly name: string }
  /** Stable verb, e.g. `ALARM_CLAIM`. */
  readonly action: string
  readonly entityType: string
  readonly entityId: string | null
  readonly siteId?: string | null
  readonly before?: unknown
  readonly after?: unknown
  readonly reason?: string | null
  readonly ip?: string | null
  readonly requestId?: string | null
  readonly serviceInstance?: string | null
}

/** Never put a secret, a code or an SMS text into `before` or `after`: nobody can take it out again. */
export async function appendAudit(db: Queryable, entries: readonly AuditEntryDraft[]): Promise<void> {
  if (entries.length === 0) return
  const json = (value: unknown) => (value === undefined ? null : JSON.stringify(value))
  await db.execute(
    `INSERT INTO audit_log (actor_kind, actor_id, actor_name, actor_role, action, entity_type, entity_id, site_id, before, after, reason, ip,
       request_id, service_instance)
     SELECT e.actor_kind, e.actor_id, e.actor_name, e.actor_role, e.action, e.entity_type, e.entity_id, e.site_id, e.before, e.after, e.reason,
       e.ip, e.request_id, e.service_instance
     FROM unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::uuid[], $9::text[]::jsonb[],
       $10::text[]::jsonb[], $11::text[], $12::inet[], $13::text[], $14::text[])
       WITH ORDINALITY AS e(actor_kind, actor_id, actor_name, actor_role, action, entity_type, entity_id, site_id, before, after, reason, ip,
         request_id, service_instance, place)
     ORDER BY e.place`,
    [
      entries.map(({ actor }) => actor.kind),
      entries.map(({ actor }) => (actor.kind === 'user' ? actor.id : null)),
      entries.map(({ actor }) => actor.name),
      entries.map(({ actor }) => (actor.kind === 'user' ? actor.role : null)),
      entries.map((entry) => entry.action),
      entries.map((entry) => entry.entityType),
      entries.map((entry) => entry.entityId),
      entries.map((entry) => entry.siteId ?? null),
      entries.map((entry) => json(entry.before)),
      entries.map((entry) => json(entry.after)),
      entries.map((entry) => entry.reason ?? null),
      entries.map((entry) => entry.ip ?? null),
      entries.map((entry) => entry.requestId ?? null),
      entries.map((entry) => entry.serviceInstance ?? null),
    ],
  )
}
