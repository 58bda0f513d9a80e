/** Simulated panels in a process of their own, each with a site in the database. */
import type { Client } from 'pg'
import type { BurstReport, BurstRequest, FarmPanel, LedgerLine, PanelGroup } from './panel-farm-process.ts'
import { startPartner } from './partner.ts'
import { waitUntil } from './wait-until.ts'

export interface PanelFarm {
  /** Simulator id → id of the panel in the database. */
  readonly panelIds: ReadonlyMap<string, string>
  /** Ports of the panels of a group. */
  ports(prefix: string): number[]
  burst(request: BurstRequest): Promise<BurstReport>
  ledger(range: Pick<BurstReport, 'firstSeq' | 'lastSeq'>): Promise<LedgerLine[]>
  /** What all panels were asked so far. */
  requests(): Promise<number>
  /** Resolves when so many panels have a client; all that are in the database unless given. */
  allConnected(count?: number): Promise<void>
  close(): Promise<void>
}

const CONNECT_MS = 60_000

/** @param groups panels that get a site and are polled. @param spare panels nobody polls */
export async function startPanelFarm(
  client: Client,
  groups: readonly PanelGroup[],
  spare: readonly PanelGroup[] = [],
): Promise<PanelFarm> {
  const partner = startPartner('./panel-farm-process.ts')
  try {
    const panels = await partner.ask<FarmPanel[]>('start', [...groups, ...spare])
    const isSpare = ({ id }: FarmPanel): boolean => spare.some(({ prefix }) => id.startsWith(`${prefix}-`))
    const panelIds = await insertPanels(
      client,
      panels.filter((panel) => !isSpare(panel)),
    )
    return {
      panelIds,
      ports: (prefix) => panels.filter(({ id }) => id.startsWith(`${prefix}-`)).map(({ port }) => port),
      burst: (request) => partner.ask('burst', request),
      ledger: (range) => partner.ask('ledger', range),
      requests: () => partner.ask('requests'),
      allConnected: (count = panelIds.size) =>
        waitUntil(
          `${count} panels are connected`,
          CONNECT_MS,
          async () => (await partner.ask<number>('connected')) >= count,
        ),
      close: () => partner.close(),
    }
  } catch (error) {
    await partner.close()
    throw error
  }
}

async function insertPanels(client: Client, panels: readonly FarmPanel[]): Promise<Map<string, string>> {
  const { rows } = await client.query<{ name: string; id: string }>(
    `WITH farm AS (SELECT * FROM unnest($1::text[], $2::int[]) AS f(name, port)),
     site AS (
       INSERT INTO sites (id, code, name, type)
       SELECT gen_random_uuid(), 'F-' || name, 'Obiekt ' || name, 'SHOP' FROM farm RETURNING id, code)
     INSERT INTO panels (id, site_id, name, host, port)
     SELECT gen_random_uuid(), site.id, farm.name, '127.0.0.1', farm.port FROM farm JOIN site ON site.code = 'F-' || farm.name
     RETURNING name, id`,
    [panels.map(({ id }) => id), panels.map(({ port }) => port)],
  )
  return new Map(rows.map(({ name, id }) => [name, id]))
}
