/**
 * /api/secrets: timed reveal (spec 06). A reason, the role looked up anew, limits per hour, an audit entry in the same
 * transaction. An integration key opens a panel to whoever reaches it, so it is of the highest class: each reveal is
 * told in the log as an incident.
 */
import { type HumanRole, RevealedSecret, RevealRequest } from '@stam/contracts'
import { createKeyring, isoTime, type Keyring } from '@stam/runtime'
import { appendAudit, auditOf, encryptedPanelKey } from '@stam/store'
import type { Backend } from '../backend.ts'
import { type Api, answers, IdParams } from '../http/api.ts'
import { personOfRequest } from '../http/guard.ts'
import type { Mutation } from '../http/mutation.ts'
import { done, type Outcome, refuse } from '../http/problem.ts'
import { sensitively } from '../identity/sensitive.ts'

const SHOWN_MS = 60_000
/** Reveals per hour and user (spec 05); MASTER and ADMIN are bounded by the requests per minute only. */
const perHour: Partial<Record<HumanRole, number>> = { OPERATOR: 10, TECHNICIAN: 20, FIELD_WORKER: 20 }

export function secretRoutes(app: Api, backend: Backend): void {
  const keyring = backend.config.encryptionKey ? createKeyring(backend.config.encryptionKey) : null
  app.post(
    '/api/secrets/panel-integration-key/:id/reveal',
    {
      schema: {
        tags: ['secrets'],
        summary: "A panel's integration key, for a reason and for 60 seconds",
        params: IdParams,
        body: RevealRequest,
        response: answers(RevealedSecret),
      },
    },
    async (request) => {
      const { role, userId } = personOfRequest(request)
      const most = perHour[role]
      if (most !== undefined) await backend.limits.hitHourly('reveal', userId, most)
      const { id } = request.params
      const { reason } = request.body
      const expiresAt = isoTime(backend.clock.now() + SHOWN_MS)
      const value = await sensitively(request, backend, (mutation) => revealPanelKey(keyring, mutation, id, reason))
      backend.log.warn('secret_revealed', { secret: 'panel-integration-key', panel_id: id, user_id: userId, role })
      return { value, expires_at: expiresAt }
    },
  )
}

async function revealPanelKey(
  keyring: Keyring | null,
  { tx, person, act }: Mutation,
  panelId: string,
  reason: string,
): Promise<Outcome<string>> {
  const found = await encryptedPanelKey(tx, panelId, person.scope)
  if (!found) return refuse('PANEL_NOT_FOUND')
  if (found.token === null || keyring === null) return refuse('SECRET_NOT_FOUND')
  const value = keyring.decrypt(found.token).toString('utf8')
  const entry = { entityType: 'panel', entityId: panelId, siteId: found.siteId, reason }
  const after = { secret: 'panel-integration-key', class: 'highest', shown_ms: SHOWN_MS }
  await appendAudit(tx, [auditOf(act, { action: 'SECRET_REVEAL', ...entry, after })])
  return done(value)
}
