/** /api/audit: who did what, page by page or as a file. Reading it as a file is an act of its own. */
import { AuditChain, type AuditEntry, AuditExportQuery, AuditList, AuditListQuery } from '@stam/contracts'
import { type AuditFilter, appendAudit, auditOf, listAudit, type Store, verifyAudit } from '@stam/store'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Backend } from '../backend.ts'
import { type Api, answers } from '../http/api.ts'
import { cursorOf, limitOf } from '../http/cursor.ts'
import { personOfRequest } from '../http/guard.ts'
import { actOf } from '../http/mutation.ts'

const tags = ['audit']
const cursor = cursorOf('audit', z.object({ id: z.int().min(1) }))
const MOST_ENTRIES = 200
const MOST_EXPORTED = 50_000
const CHUNK = 1_000

export function auditRoutes(app: Api, backend: Backend): void {
  app.get(
    '/api/audit',
    {
      schema: {
        tags,
        summary: 'Who did what, newest first',
        querystring: AuditListQuery,
        response: answers(AuditList),
      },
    },
    async (request) => {
      const { after, limit: asked, ...query } = request.query
      const { limit, limit_cut } = limitOf(asked, MOST_ENTRIES)
      const { entries, next } = await listAudit(backend.store, filterOf(request, query), {
        after: cursor.read(after),
        limit,
      })
      return { data: entries, next: next && cursor.write(next), limit, limit_cut }
    },
  )
  app.get(
    '/api/audit/export',
    {
      schema: { tags, summary: 'The same as CSV', querystring: AuditExportQuery, response: answers(z.string()) },
    },
    async (request, reply) => {
      const entry = { action: 'AUDIT_EXPORT', entityType: 'audit', entityId: null, after: request.query }
      await appendAudit(backend.store, [auditOf(actOf(request, backend), entry)])
      const text = await auditCsv(backend.store, filterOf(request, request.query))
      reply.header('content-disposition', 'attachment; filename="audit.csv"').type('text/csv; charset=utf-8')
      return reply.serializer(String).send(text)
    },
  )
  const checkChain = chainCheck(backend)
  app.get(
    '/api/audit/chain',
    {
      schema: {
        tags,
        summary: 'Whether the record is what was written: its hash chain, walked at most once a minute',
        response: answers(AuditChain),
      },
    },
    () => checkChain(),
  )
}

const CHAIN_FRESH_MS = 60_000
const MOST_DAYS = 31

/** Walking the chain reads the whole record, so whoever asks meanwhile gets the walk that is under way or has just ended. */
function chainCheck({ store, clock, log }: Backend): () => Promise<AuditChain> {
  let last: { endedAt: number | null; readonly verdict: Promise<AuditChain> } | null = null
  const walk = async (): Promise<AuditChain> => {
    const { days, problems, unsealed } = await verifyAudit(store)
    if (problems.length > 0) log.error('audit_chain_broken', { problems: problems.length, first: problems[0]?.seq })
    return {
      problems: problems.map(({ kind, seq, auditId }) => ({ kind, seq, audit_id: auditId })),
      entries: days.reduce((sum, day) => sum + day.entries, 0),
      unsealed,
      days: days
        .slice(-MOST_DAYS)
        .toReversed()
        .map(({ day, entries, lastHash }) => ({ day, entries, last_hash: lastHash })),
      checked_at: new Date(clock.now()).toISOString(),
    }
  }
  return () => {
    if (last && (last.endedAt === null || clock.monotonic() - last.endedAt < CHAIN_FRESH_MS)) return last.verdict
    const started: NonNullable<typeof last> = { endedAt: null, verdict: walk() }
    last = started
    started.verdict.then(
      () => (started.endedAt = clock.monotonic()),
      // A walk that failed is not remembered.
      () => (last = null),
    )
    return started.verdict
  }
}

/** An ADMIN reads everything but the record of the system itself (spec 06). */
function filterOf(request: FastifyRequest, query: z.output<typeof AuditExportQuery>): AuditFilter {
  return {
    id: query.entry,
    action: query.action,
    entityType: query.entity_type,
    entityId: query.entity_id,
    actorId: query.actor_id,
    siteId: query.site_id,
    requestId: query.request_id,
    from: query.from,
    to: query.to,
    withoutSystem: personOfRequest(request).role !== 'MASTER',
  }
}

const columns = [
  'id',
  'at',
  'actor',
  'role',
  'action',
  'entity_type',
  'entity_id',
  'site_id',
  'before',
  'after',
  'reason',
  'ip',
  'request_id',
  'service_instance_id',
] as const

async function auditCsv(store: Store, filter: AuditFilter): Promise<string> {
  const lines = [columns.join(';')]
  let after: { id: number } | null = null
  do {
    const page: Awaited<ReturnType<typeof listAudit>> = await listAudit(store, filter, { after, limit: CHUNK })
    lines.push(...page.entries.map(lineOf))
    after = page.next
  } while (after && lines.length <= MOST_EXPORTED)
  if (after) lines.push(`there are more than ${MOST_EXPORTED} entries: narrow the time`)
  // The mark tells spreadsheets that this is UTF-8.
  return `\uFEFF${lines.join('\r\n')}\r\n`
}

function lineOf(entry: AuditEntry): string {
  return columns.map((column) => cellOf(column === 'actor' ? entry.actor.name : entry[column])).join(';')
}

/** Quoted always; a leading sign that a spreadsheet would take for a formula is disarmed. */
function cellOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return `"${harmless.replaceAll('"', '""')}"`
}
