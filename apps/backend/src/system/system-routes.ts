/** /api/system. */
import { SystemStatus } from '@stam/contracts'
import type { Backend } from '../backend.ts'
import { type Api, answers } from '../http/api.ts'
import { personOfRequest } from '../http/guard.ts'
import { auditRoutes } from './audit-routes.ts'
import { deadLetterRoutes } from './dead-letter-routes.ts'

export function systemRoutes(app: Api, backend: Backend): void {
  app.get(
    '/api/system/status',
    {
      schema: { tags: ['system'], summary: 'Every part: up or down, and since when', response: answers(SystemStatus) },
    },
    async (request) => backend.system.statusFor(personOfRequest(request).scope),
  )
  deadLetterRoutes(app, backend)
  auditRoutes(app, backend)
}
