/** DLOAD release (spec 03): who works on a panel with DLOADX is given its link for a while; the worker takes it back at the end, or when told. */
import type { ConnectionReleaseRequest, PanelDetail } from '@stam/contracts'
import {
  appendAudit,
  auditOf,
  type ConnectionRelease,
  connectionRelease,
  endConnectionRelease,
  findPanel,
  releaseConnection,
} from '@stam/store'
import type { Backend } from '../backend.ts'
import type { Mutation } from '../http/mutation.ts'
import { type Outcome, refuse } from '../http/problem.ts'
import { panelDetail } from './panel-use-cases.ts'

/** Releases the link from now on; while it is released, the newer end and reason take the place of the older. */
export async function releasePanel(
  backend: Backend,
  { tx, person, act }: Mutation,
  id: string,
  { reason, duration_minutes: minutes }: ConnectionReleaseRequest,
): Promise<Outcome<PanelDetail>> {
  const panel = await findPanel(tx, id, person.scope)
  if (!panel) return refuse('PANEL_NOT_FOUND')
  const before = await connectionRelease(tx, id, { lock: true })
  await releaseConnection(tx, { panelId: id, minutes, reason, userId: person.userId })
  const after = await connectionRelease(tx, id)
  await appendAudit(tx, [
    auditOf(act, {
      action: before === null ? 'PANEL_RELEASE' : 'PANEL_RELEASE_EXTEND',
      entityType: 'panel',
      entityId: id,
      siteId: panel.site_id,
      before: audited(before),
      after: audited(after),
      reason,
    }),
  ])
  return panelDetail(backend, tx, person, id)
}

/** Takes the link back at once. Where it is not released (any more), nothing happens and nothing is put on record. */
export async function endRelease(
  backend: Backend,
  { tx, person, act }: Mutation,
  id: string,
): Promise<Outcome<PanelDetail>> {
  const panel = await findPanel(tx, id, person.scope)
  if (!panel) return refuse('PANEL_NOT_FOUND')
  const before = await connectionRelease(tx, id, { lock: true })
  if (before !== null) {
    await endConnectionRelease(tx, id)
    await appendAudit(tx, [
      auditOf(act, {
        action: 'PANEL_RELEASE_END',
        entityType: 'panel',
        entityId: id,
        siteId: panel.site_id,
        before: audited(before),
        after: { released: false },
      }),
    ])
  }
  return panelDetail(backend, tx, person, id)
}

const audited = (release: ConnectionRelease | null): Record<string, unknown> =>
  release === null ? { released: false } : { released: true, ...release }
