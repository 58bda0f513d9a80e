/** Repeatable chance: the same seed makes the same choices (sfc32 behind a mixed seed; nothing secret depends on it). */
export interface Random {
  /** 0 <= n < 1 */
  unit(): number
  /** 0 <= n < below, whole */
  below(below: number): number
  /** True with this probability. */
  chance(probability: number): boolean
  pick<T>(from: readonly T[]): T
  bytes(count: number): Buffer
}

export function createRandom(seed: number, branch = 0): Random {
  let [a, b, c, d] = [seed | 0, (seed / 4_294_967_296) | 0, (branch * 0x9e37_79b9) | 0, 1]
  const next = (): number => {
    const t = (((a + b) | 0) + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + t) | 0
    return (t >>> 0) / 4_294_967_296
  }
  // The first numbers still look like the seed.
  for (let n = 0; n < 20; n++) next()
  const below = (limit: number): number => Math.floor(next() * limit)
  return {
    unit: next,
    below,
    chance: (probability) => next() < probability,
    pick: (from) => from[below(from.length)] as (typeof from)[number],
    bytes: (count) => Buffer.from(Array.from({ length: count }, () => below(256))),
  }
}
