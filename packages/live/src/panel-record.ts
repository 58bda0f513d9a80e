import { LiveTrouble, PanelBits, PanelConnection, PanelIdentity, type PanelLive, Text } from '@stam/contracts'

/**
 * A panel as hashes: one part per key of spec 04, so that each expires on its own. A part that is absent, expired or not as
 * it should be reads as UNKNOWN.
 */
export interface PanelRecord {
  readonly meta: Readonly<Record<string, string>>
  readonly connection: string | null
  readonly lastPoll: string | null
  readonly zones: Hash | null
  readonly partitions: Hash | null
  readonly outputs: Hash | null
  readonly troubles: Hash | null
}

export type Hash = Readonly<Record<string, string>>

const parts = ['zones', 'partitions', 'outputs'] as const
type Part = (typeof parts)[number]
const bitNames = Object.keys(PanelBits.shape) as (keyof PanelBits)[]

export function toRecord(panel: PanelLive): PanelRecord {
  const { bits, troubles } = panel
  return {
    meta: {
      epoch: `${panel.epoch}`,
      version: `${panel.version}`,
      /** Hashes beside this one: fewer mean that something expired. */
      parts: `${(bits ? 3 : 0) + (troubles ? 1 : 0)}`,
      connection_detail: JSON.stringify(panel.connection_detail),
      connection_since: JSON.stringify(panel.connection_since),
      worker_id: JSON.stringify(panel.worker_id),
      last_contact_at: panel.last_contact_at ?? '',
      updated_at: JSON.stringify(panel.updated_at),
      identity: JSON.stringify(panel.identity),
      clock_drift_ms: JSON.stringify(panel.clock_drift_ms),
      service_mode: JSON.stringify(panel.service_mode),
    },
    connection: panel.connection,
    lastPoll: panel.last_contact_at,
    zones: bits && bitsOf('zones', bits),
    partitions: bits && bitsOf('partitions', bits),
    outputs: bits && bitsOf('outputs', bits),
    troubles: troubles && {
      count: `${troubles.length}`,
      ...Object.fromEntries(troubles.map((trouble, index) => [`${index}`, JSON.stringify(trouble)])),
    },
  }
}

export function fromRecord(panelId: string, record: PanelRecord): PanelLive {
  const { meta } = record
  return {
    panel_id: panelId,
    epoch: Number(meta['epoch'] ?? 0),
    version: Number(meta['version'] ?? 0),
    connection: PanelConnection.safeParse(record.connection).data ?? 'UNKNOWN',
    connection_detail: Text.safeParse(json(meta['connection_detail'])).data ?? null,
    connection_since: text(json(meta['connection_since'])),
    worker_id: text(json(meta['worker_id'])),
    last_contact_at: record.lastPoll ?? (meta['last_contact_at'] || null),
    updated_at: text(json(meta['updated_at'])),
    identity: PanelIdentity.safeParse(json(meta['identity'])).data ?? null,
    clock_drift_ms: number(json(meta['clock_drift_ms'])),
    service_mode: boolean(json(meta['service_mode'])),
    bits: bitsFrom(record),
    troubles: troublesFrom(record.troubles),
  }
}

/**
 * How long bits may still be shown: their life begins with the last contact, not with the writing of them. A panel that
 * cannot be reached any more must not look fresh because its worker told that.
 */
export function remainingMs(lastContactAt: string | null, now: number, lifeMs: number): number {
  if (lastContactAt === null) return 0
  return Math.min(lifeMs, Math.max(0, Math.ceil(lifeMs - (now - Date.parse(lastContactAt)))))
}

function bitsOf(part: Part, bits: PanelBits): Hash {
  const names = bitNames.filter((name) => name.startsWith(`${part}_`))
  return Object.fromEntries(names.map((name) => [name.slice(part.length + 1), JSON.stringify(bits[name])]))
}

function bitsFrom(record: PanelRecord): PanelBits | null {
  const found: Record<string, unknown> = {}
  for (const part of parts) {
    const hash = record[part]
    if (!hash) return null
    for (const [name, value] of Object.entries(hash)) found[`${part}_${name}`] = json(value)
  }
  return PanelBits.safeParse(found).data ?? null
}

function troublesFrom(hash: Hash | null): PanelLive['troubles'] {
  if (!hash) return null
  const listed = Array.from(
    { length: Number(hash['count']) },
    (_, index) => LiveTrouble.safeParse(json(hash[`${index}`])).data,
  )
  return listed.every((trouble) => trouble !== undefined) ? listed : null
}

function json(value: string | undefined): unknown {
  try {
    return value === undefined ? undefined : (JSON.parse(value) as unknown)
  } catch {
    return undefined
  }
}

const text = (value: unknown) => (typeof value === 'string' ? value : null)
const number = (value: unknown) => (typeof value === 'number' ? value : null)
const boolean = (value: unknown) => (typeof value === 'boolean' ? value : null)
