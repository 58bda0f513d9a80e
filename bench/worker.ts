/**
 * What a panel costs: CPU and memory of a worker process alone, at several numbers of panels, each polled every second. Complete reads come five
 * times as often as by default, so that half a minute holds more than its share of them.
 */
import type { Client } from 'pg'
import { connectTo, benchDatabase } from './database.ts'
import { startPanelFarm } from './panel-farm.ts'
import { startPartner } from './partner.ts'
import { atMost, type BenchResult } from './report.ts'
import type { ProcessFigures } from './system-process.ts'
import { waitUntil } from './wait-until.ts'

const READY_MS = 300_000
const FULL_READ_MS = 60_000
const MEASURE_MS = 30_000
const BAR = { cores: 1, rssMegabytes: 512 }
/** As in a container of 512 MB: where node sees gigabytes, it lets garbage lie until there is much of it. */
const HEAP_LIMIT_MB = 256

interface Price {
  readonly cores: number
  /** Highest reading while measuring, and the most it ever was, names and first reads included. */
  readonly rss: number
  readonly peakRss: number
  readonly questions: number
  readonly readyS: number
  readonly namedS: number
}

/** @param counts of panels, measured one after the other, each with a fresh worker */
export async function benchWorker(counts: readonly number[]): Promise<BenchResult> {
  const metrics: Record<string, number> = {}
  let most: { panels: number; price: Price } | undefined
  const database = await benchDatabase()
  try {
    for (const panels of counts) {
      const price = await measure(await database.create(`worker_${panels}`), panels)
      metrics[`${panels}_panels_cores`] = price.cores
      metrics[`${panels}_panels_rss_mb`] = price.rss
      metrics[`${panels}_panels_peak_rss_mb`] = price.peakRss
      metrics[`${panels}_panels_questions_per_s`] = price.questions
      metrics[`${panels}_panels_all_ready_s`] = price.readyS
      metrics[`${panels}_panels_all_named_s`] = price.namedS
      if (most === undefined || panels > most.panels) most = { panels, price }
    }
  } finally {
    await database.stop()
  }
  if (most === undefined) throw new Error('no number of panels was asked for')
  return {
    name: 'worker',
    metrics,
    baseline: {},
    ratio: null,
    bars: [
      atMost(`cores at ${most.panels} panels`, most.price.cores, BAR.cores),
      atMost(`resident memory at ${most.panels} panels, at its peak, MB`, most.price.peakRss, BAR.rssMegabytes),
    ],
  }
}

async function measure(databaseUrl: string, panels: number): Promise<Price> {
  const client = await connectTo(databaseUrl)
  const farm = await startPanelFarm(client, [{ prefix: 'polled', count: panels, zones: 16 }])
  const worker = startPartner('./system-process.ts', [`--max-old-space-size=${HEAP_LIMIT_MB}`])
  try {
    const start = performance.now()
    const seconds = (): number => (performance.now() - start) / 1000
    // Modules that can push cost next to nothing between events: what is asked for is the price of polling.
    const settings = { push: 'never', fullReadIntervalMs: FULL_READ_MS }
    await worker.ask('start', { databaseUrl, parts: ['worker'], poolSize: 6, worker: settings })
    const figures = (): Promise<ProcessFigures> => worker.ask<ProcessFigures>('figures', {})
    const isRead = async (): Promise<boolean> => {
      const { connected, settled } = await figures()
      return connected === panels && settled === panels
    }
    await waitUntil(`${panels} panels are read`, READY_MS, isRead, 250)
    const readyS = seconds()
    // Read once in the life of a panel, by some hundred questions: meanwhile nothing tells the price of polling.
    await waitUntil(`the names of ${panels} panels are read`, READY_MS, () => areNamed(client), 1_000)
    const namedS = seconds()
    // From half an interval on, complete reads come at their rate.
    await pause(Math.max(3_000, FULL_READ_MS / 2 - (namedS - readyS) * 1000))
    const before = { ...(await figures()), requests: await farm.requests() }
    let rss = 0
    // Memory breathes with the collector: the highest reading counts.
    for (let now = before.at; now - before.at < MEASURE_MS; ) {
      await pause(1_000)
      const { at, rssBytes } = await figures()
      rss = Math.max(rss, rssBytes)
      now = at
    }
    const after = { ...(await figures()), requests: await farm.requests() }
    if (after.connected !== panels) throw new Error(`${panels - after.connected} panels were lost while measuring`)
    const ms = after.at - before.at
    const questions = ((after.requests - before.requests) / ms) * 1000
    if (questions < panels) throw new Error(`${panels} panels were asked ${Math.round(questions)} questions a second`)
    return {
      cores: (after.cpuMs - before.cpuMs) / ms,
      rss: rss / 1_000_000,
      peakRss: after.peakRssBytes / 1_000_000,
      questions,
      readyS,
      namedS,
    }
  } finally {
    await worker.close()
    await farm.close()
    await client.end()
  }
}

async function areNamed(client: Client): Promise<boolean> {
  const { rowCount } = await client.query('SELECT FROM panels WHERE names_read_at IS NULL LIMIT 1')
  return rowCount === 0
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
