/**
 * What every benchmark returns and how it is printed. A ratio compares with a raw baseline of the same run, so that
 * it means something on any machine; absolute figures belong to the machine they were seen on.
 */
export interface BenchResult {
  readonly name: string
  /** What was measured, unit in the key: `events_per_s`, `p99_ms`, `rss_mb`. */
  readonly metrics: Readonly<Record<string, number>>
  /** The raw thing of the same run it is compared with; empty where there is none. */
  readonly baseline: Readonly<Record<string, number>>
  /** Ours against the baseline; null where a ratio makes no sense. */
  readonly ratio: number | null
  /** The bars of the specification and whether this run met them. */
  readonly bars: readonly Bar[]
}

export interface Bar {
  readonly what: string
  readonly limit: string
  readonly seen: number
  readonly met: boolean
}

export function atMost(what: string, seen: number, limit: number): Bar {
  return { what, limit: `<= ${limit}`, seen: round(seen), met: seen <= limit }
}

export function atLeast(what: string, seen: number, limit: number): Bar {
  return { what, limit: `>= ${limit}`, seen: round(seen), met: seen >= limit }
}

/** @param fraction 0.5 = median, 0.99 = p99; nearest-rank on a copy, NaN for no samples */
export function percentile(samples: readonly number[], fraction: number): number {
  if (samples.length === 0) return Number.NaN
  const sorted = Float64Array.from(samples).sort()
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(fraction * sorted.length) - 1))] as number
}

export function round(value: number): number {
  if (!Number.isFinite(value)) return value
  const scale = Math.abs(value) >= 100 ? 1 : Math.abs(value) >= 10 ? 10 : 1000
  return Math.round(value * scale) / scale
}

export function printResult(result: BenchResult, json: boolean): void {
  if (json) {
    process.stdout.write(
      `${JSON.stringify({ ...result, metrics: rounded(result.metrics), baseline: rounded(result.baseline) })}\n`,
    )
    return
  }
  const lines = [`\n${result.name}`]
  for (const [key, value] of Object.entries(result.metrics)) lines.push(row(key, round(value)))
  for (const [key, value] of Object.entries(result.baseline)) lines.push(row(`baseline: ${key}`, round(value)))
  if (result.ratio !== null) lines.push(row('ratio to baseline', round(result.ratio)))
  for (const bar of result.bars)
    lines.push(`  ${bar.met ? 'met   ' : 'MISSED'}  ${bar.what}: ${bar.seen} (bar ${bar.limit})`)
  process.stdout.write(`${lines.join('\n')}\n`)
}

function row(key: string, value: number): string {
  return `  ${key.padEnd(44)} ${String(value).padStart(12)}`
}

function rounded(values: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, round(value)]))
}
