/** One clock for everything that ticks: text nodes are changed in place, once a second, without React and without layout. */
import { serverNow } from '../data/server-clock.ts'

type Tick = (now: number) => void
const ticks = new Set<Tick>()
let timer: ReturnType<typeof setTimeout> | undefined

function beat(): void {
  const now = serverNow()
  for (const tick of ticks) tick(now)
  // Aligned to the second, so that all ages change together.
  timer = setTimeout(beat, 1000 - (serverNow() % 1000) + 5)
}

/** Calls back at once and then every second. Returns the way to stop. */
export function everySecond(tick: Tick): () => void {
  ticks.add(tick)
  tick(serverNow())
  if (ticks.size === 1) timer = setTimeout(beat, 1000 - (serverNow() % 1000) + 5)
  return () => {
    ticks.delete(tick)
    if (ticks.size === 0) clearTimeout(timer)
  }
}
