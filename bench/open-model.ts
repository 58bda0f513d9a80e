/** Load at a given rate (latency) and as fast as it goes (throughput). The two are never the same measurement. */

/**
 * Calls `request` at the moments of a Poisson process, whatever the earlier calls are doing. Returns the milliseconds of each from the moment it
 * was due to its answer. Rejects with the first that fails.
 *
 * @param perSecond mean rate
 * @param note told of each with its number
 */
export async function openModel(
  perSecond: number,
  seconds: number,
  request: (n: number) => Promise<unknown>,
  note: (n: number, ms: number) => void = () => {},
): Promise<number[]> {
  const start = performance.now()
  const samples: number[] = []
  const calls: Promise<void>[] = []
  let failure: unknown
  for (const [n, dueMs] of arrivals(perSecond, seconds).entries()) {
    const wait = start + dueMs - performance.now()
    // A late timer counts as time the caller waited.
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
    if (failure !== undefined) break
    const call = async (): Promise<void> => {
      await request(n)
      const ms = performance.now() - start - dueMs
      samples.push(ms)
      note(n, ms)
    }
    calls.push(
      call().catch((error: unknown) => {
        failure ??= error
      }),
    )
  }
  await Promise.all(calls)
  if (failure !== undefined) throw failure
  return samples
}

/** Moments in ms, ascending: the same in every run. */
function arrivals(perSecond: number, seconds: number): number[] {
  const moments: number[] = []
  let seed = 1
  for (let at = 0; ; ) {
    // Park and Miller's generator: good enough for gaps, and repeatable.
    seed = (seed * 48_271) % 2_147_483_647
    at += (-Math.log(seed / 2_147_483_647) * 1000) / perSecond
    if (at > seconds * 1000) return moments
    moments.push(at)
  }
}

/** So many callers, each asking again as soon as it is answered. */
export async function withoutPauses(
  callers: number,
  seconds: number,
  request: (n: number) => Promise<unknown>,
): Promise<{ perSecond: number; samples: number[] }> {
  const start = performance.now()
  const samples: number[] = []
  let next = 0
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (performance.now() - start < seconds * 1000) {
        const at = performance.now()
        await request(next++)
        samples.push(performance.now() - at)
      }
    }),
  )
  return { perSecond: samples.length / ((performance.now() - start) / 1000), samples }
}
