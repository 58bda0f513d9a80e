/** Panels of the development centre as people write them: create, edit, priorities of a zone, release, try. */
import { randomUUID } from 'node:crypto'
import type { ConnectionTry, Panel, Priority } from '@stam/contracts'
import { type Answer, ok, problem } from './answer.ts'
import type { Ask, Centre } from './routes.ts'
import { publish } from './simulated-panels.ts'
import type { DevPanel } from './world.ts'

const detail = (kept: DevPanel): Answer => ok({ ...kept, now: new Date().toISOString() })

const known = (centre: Centre, id: string | undefined): DevPanel | undefined => centre.world.panels.get(id ?? '')

export function readPanel(centre: Centre, _ask: Ask, [id]: string[]): Answer {
  const kept = known(centre, id)
  return kept === undefined ? problem('PANEL_NOT_FOUND') : detail(kept)
}

type Written = Partial<Panel> & { readonly version: number; readonly integration_key?: string | null }

export function createPanel(centre: Centre, { body }: Ask): Answer {
  const { integration_key, ...fields } = body as unknown as Written
  const [model] = centre.world.panels.values()
  if (model === undefined || addressTaken(centre, fields, null)) return problem('PANEL_ADDRESS_TAKEN')
  const id = randomUUID()
  const now = new Date().toISOString()
  const panel = {
    ...model.panel,
    ...fields,
    id,
    version: 1,
    has_integration_key: typeof integration_key === 'string',
    model: null,
    firmware: null,
    names_read_at: null,
    created_at: now,
    updated_at: now,
  }
  const live = {
    ...model.live,
    panel_id: id,
    connection: 'RECONNECTING' as const,
    bits: null,
    troubles: null,
    identity: null,
  }
  const made: DevPanel = { ...model, panel, live, zones: [], partitions: [], outputs: [], simulatorId: `sim-${id}` }
  centre.world.panels.set(id, made)
  return detail(made)
}

export function editPanel(centre: Centre, { body }: Ask, [id]: string[]): Answer {
  const kept = known(centre, id)
  if (kept === undefined) return problem('PANEL_NOT_FOUND')
  const { version, integration_key, ...fields } = body as unknown as Written
  if (version !== kept.panel.version) return stale(kept)
  if (addressTaken(centre, { ...kept.panel, ...fields }, kept)) return problem('PANEL_ADDRESS_TAKEN')
  const key = integration_key === undefined ? {} : { has_integration_key: integration_key !== null }
  kept.panel = { ...kept.panel, ...fields, ...key, ...moved(kept) }
  return detail(kept)
}

export function editZone(centre: Centre, { body }: Ask, [id, number]: string[]): Answer {
  const kept = known(centre, id)
  if (kept === undefined) return problem('PANEL_NOT_FOUND')
  const { version, priority_overrides } = body as { version: number; priority_overrides: Record<string, Priority> }
  if (version !== kept.panel.version) return stale(kept)
  kept.zones = kept.zones.map((zone) => (zone.number === Number(number) ? { ...zone, priority_overrides } : zone))
  kept.panel = { ...kept.panel, ...moved(kept) }
  return detail(kept)
}

export function releasePanel(centre: Centre, { body, user }: Ask, [id]: string[]): Answer {
  const kept = known(centre, id)
  if (kept === undefined) return problem('PANEL_NOT_FOUND')
  const { reason, duration_minutes: minutes } = body as { reason: string; duration_minutes: number }
  const until = new Date(Date.now() + minutes * 60_000).toISOString()
  kept.release = { until, reason, by: user?.name ?? null }
  publish(centre, kept, { connection: 'RELEASED', connection_since: new Date().toISOString() })
  return detail(kept)
}

export function endRelease(centre: Centre, _ask: Ask, [id]: string[]): Answer {
  const kept = known(centre, id)
  if (kept === undefined) return problem('PANEL_NOT_FOUND')
  kept.release = null
  publish(centre, kept, { connection: 'CONNECTED', connection_since: new Date().toISOString() })
  return detail(kept)
}

/** A panel of ours is in use; else the last digit of the port decides, so that every outcome can be looked at. */
export function tryConnection(centre: Centre, { body }: Ask): Answer {
  const { host, port } = body as { host: string; port: number }
  const ours = [...centre.world.panels.values()].find(({ panel }) => panel.host === host && panel.port === port)
  const nothing = { took_ms: 40, identity: null, panel: null }
  if (ours !== undefined) {
    const panel = { id: ours.panel.id, name: ours.panel.name, live: ours.live }
    return ok({ ...nothing, outcome: 'in_use', panel } satisfies ConnectionTry)
  }
  const outcomes = [
    'reachable',
    'refused',
    'busy',
    'wrong_key',
    'mode_mismatch',
    'no_answer',
    'silent',
    'not_integra',
  ] as const
  const outcome = outcomes[port % 10] ?? 'no_worker'
  const [model] = centre.world.panels.values()
  const identity = outcome === 'reachable' ? (model?.live.identity ?? null) : null
  return ok({ ...nothing, outcome, identity } satisfies ConnectionTry)
}

const moved = ({ panel }: DevPanel) => ({ version: panel.version + 1, updated_at: new Date().toISOString() })

const stale = ({ panel }: DevPanel): Answer =>
  problem('PANEL_STALE_VERSION', {
    current: panel,
    version: panel.version,
    changed_by: 'Ewa Król',
    changed_at: panel.updated_at,
  })

function addressTaken(centre: Centre, at: Partial<Panel>, but: DevPanel | null): boolean {
  return [...centre.world.panels.values()].some(
    (kept) => kept !== but && kept.panel.host === at.host && kept.panel.port === at.port,
  )
}
