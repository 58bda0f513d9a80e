/** What a panel costs: CPU and memory of a worker process alone, at several numbers of panels, each polled every second. */
import { connectTo, benchDatabase } from './database.ts'
import { startPanelFarm } from './panel-farm.ts'
import { startPartner } from './partner.ts'
import { atMost, type BenchResult } from './report.ts'
import type { ProcessFigures } from './system-process.ts'
import { waitUntil } from './wait-until.ts'

const MEASURE_MS = 15_000
const BAR = { cores: 1, rssMegabytes: 512 }

/** @param counts of panels, measured one after the other, each with a fresh worker */
export async function benchWorker(counts: readonly number[]): Promise<BenchResult> {
  const metrics: Record<string, number> = {}
  let most = { panels: 0, cores: 0, rss: 0 }
  const database = await benchDatabase()
  try {
    for (const panels of counts) {
      const { cores, rss, readyS } = await measure(await database.create(`worker_${panels}`), panels)
      metrics[`${panels}_panels_cores`] = cores
      metrics[`${panels}_panels_rss_mb`] = rss
      metrics[`${panels}_panels_all_ready_s`] = readyS
      if (panels > most.panels) most = { panels, cores, rss }
    }
  } finally {
    await database.stop()
  }
  return {
    name: 'worker',
    metrics,
    baseline: {},
    ratio: null,
    bars: [
      atMost(`cores at ${most.panels} panels`, most.cores, BAR.cores),
      atMost(`resident memory at ${most.panels} panels, MB`, most.rss, BAR.rssMegabytes),
    ],
  }
}

async function measure(databaseUrl: string, panels: number): Promise<{ cores: number; rss: number; readyS: number }> {
  const client = await connectTo(databaseUrl)
  const farm = await startPanelFarm(client, [{ prefix: 'polled', count: panels, zones: 16 }])
  const worker = startPartner('./system-process.ts')
  try {
    const start = performance.now()
    // Modules that can push cost next to nothing between events: what is asked for is the price of polling.
    await worker.ask('start', { databaseUrl, parts: ['worker'], poolSize: 6, worker: { push: 'never' } })
    const figures = (): Promise<ProcessFigures> => worker.ask<ProcessFigures>('figures', {})
    await waitUntil(
      `${panels} panels are read`,
      120_000,
      async () => {
        const { connected, settled } = await figures()
        return connected === panels && settled === panels
      },
      250,
    )
    const readyS = (performance.now() - start) / 1000
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    const before = await figures()
    let rss = 0
    // Memory breathes with the collector: the highest reading counts.
    while ((await figures()).at - before.at < MEASURE_MS) {
      rss = Math.max(rss, (await figures()).rssBytes)
      await new Promise((resolve) => setTimeout(resolve, 1_000))
    }
    const after = await figures()
    if (after.connected !== panels) throw new Error(`${panels - after.connected} panels were lost while measuring`)
    return { cores: (after.cpuMs - before.cpuMs) / (after.at - before.at), rss: rss / 1_000_000, readyS }
  } finally {
    await worker.close()
    await farm.close()
    await client.end()
  }
}
