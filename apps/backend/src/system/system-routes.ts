/** /api/system and /api/audit. */
import { AuditList, AuditListQuery, SystemStatus } from '@stam/contracts'
import { listAudit } from '@stam/store'
import { z } from 'zod'
import type { Backend } from '../backend.ts'
import { type Api, answers } from '../http/api.ts'
import { personOfRequest } from '../http/guard.ts'
import { cursorOf, limitOf } from '../http/cursor.ts'

const auditCursor = cursorOf('audit', z.object({ id: z.int().min(1) }))
const MOST_ENTRIES = 200

export function systemRoutes(app: Api, backend: Backend): void {
  app.get(
    '/api/system/status',
    {
      schema: { tags: ['system'], summary: 'Every part: up or down, and since when', response: answers(SystemStatus) },
    },
    async (request) => backend.system.statusFor(personOfRequest(request).scope),
  )
  app.get(
    '/api/audit',
    {
      schema: {
        tags: ['audit'],
        summary: 'Who did what, newest first',
        querystring: AuditListQuery,
        response: answers(AuditList),
      },
    },
    async (request) => {
      const { after, limit: asked, action, entity_type, entity_id, actor_id, from, to } = request.query
      const { limit, limit_cut } = limitOf(asked, MOST_ENTRIES)
      const { entries, next } = await listAudit(
        backend.store,
        { action, entityType: entity_type, entityId: entity_id, actorId: actor_id, from, to },
        { after: auditCursor.read(after), limit },
      )
      return { data: entries, next: next && auditCursor.write(next), limit, limit_cut }
    },
  )
}
