/** The audit record: append-only, written in the transaction of the act it records. Source: spec 06 "Audit". */
import type { Role } from '@stam/contracts'
import type { Queryable } from '../connection.ts'
import { type WritePart, writeTogether } from '../write-together.ts'

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
  await writeTogether(db, [auditPart(entries)])
}

export function auditPart(entries: readonly AuditEntryDraft[]): WritePart {
  return {
    rows: entries.map(({ actor, ...entry }) => ({ ...entry, actor: { id: null, role: null, ...actor } })),
    sql: (json) => `
      INSERT INTO audit_log (actor_kind, actor_id, actor_name, actor_role, action, entity_type, entity_id, site_id, before, after, reason, ip,
        request_id, service_instance)
      SELECT actor ->> 'kind', (actor ->> 'id')::uuid, actor ->> 'name', actor ->> 'role', action, "entityType", "entityId", "siteId", before,
        after, reason, ip, "requestId", "serviceInstance"
      FROM json_to_recordset(${json}) AS e(actor json, action text, "entityType" text, "entityId" text, "siteId" uuid, before jsonb, after jsonb,
        reason text, ip inet, "requestId" text, "serviceInstance" text)
      RETURNING 1`,
  }
}
