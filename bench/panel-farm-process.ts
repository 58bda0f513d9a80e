/** Process: simulated panels that answer at once, for load. */
import { benchPanels, createSimulator, type LedgerEntry, type Simulator } from '@stam/simulator'
import { answerRequests } from './partner.ts'

export interface PanelGroup {
  readonly prefix: string
  readonly count: number
  readonly zones: number
}

export interface FarmPanel {
  readonly id: string
  readonly port: number
}

export interface BurstRequest {
  /** `prefix-*` or `*`. */
  readonly panels: string
  readonly count: number
  readonly overMs: number
  /** Ends every alarm it raised when it is over. */
  readonly restoreAtEnd?: boolean
}

export interface BurstReport {
  /** Ledger numbers of what the burst emitted, both inclusive. */
  readonly firstSeq: number
  readonly lastSeq: number
  readonly alarms: number
  /** ms since 1970. */
  readonly startedAt: number
  readonly endedAt: number
}

export type LedgerLine = Pick<LedgerEntry, 'panel' | 'token' | 'raisesAlarm'> & { readonly atMs: number }

let simulator: Simulator | undefined

answerRequests(
  {
    start: async (groups: readonly PanelGroup[]): Promise<FarmPanel[]> => {
      const panels = groups.flatMap(({ prefix, count, zones }) => benchPanels(count, { prefix, zones }))
      simulator = await createSimulator({ panels, latency: 'zero', maxPanels: panels.length })
      return simulator.panels.map(({ id, port }) => ({ id, port }))
    },
    connected: () => running().panels.filter((panel) => panel.connected).length,
    requests: () => running().panels.reduce((sum, panel) => sum + panel.counters.requests, 0),
    burst: async ({ panels, count, overMs, restoreAtEnd = false }: BurstRequest): Promise<BurstReport> => {
      const { scenarios } = running()
      const startedAt = Date.now()
      const { id } = scenarios.start({
        name: 'bench',
        steps: [],
        repeat: 1,
        burst: { panels, count, overMs, action: 'alarm', restoreAtEnd },
      })
      for (;;) {
        const { status, firstSeq, lastSeq, alarms, errors, endedAt } = scenarios.progress(id)
        if (errors.length > 0) throw new Error(errors[0])
        if (status !== 'running')
          return { firstSeq, lastSeq, alarms, startedAt, endedAt: Date.parse(endedAt ?? new Date().toISOString()) }
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
    },
    ledger: ({ firstSeq, lastSeq }: { firstSeq: number; lastSeq: number }): LedgerLine[] => {
      const lines: LedgerLine[] = []
      for (let seq = firstSeq; seq <= lastSeq; seq++) {
        const entry = running().ledger.entry(seq)
        if (entry === undefined) throw new Error(`the ledger no longer holds entry ${seq}`)
        const { panel, token, raisesAlarm, at } = entry
        lines.push({ panel, token, raisesAlarm, atMs: Date.parse(at) })
      }
      return lines
    },
  },
  async () => simulator?.close(),
)

function running(): Simulator {
  if (simulator === undefined) throw new Error('the panels are not started')
  return simulator
}
