/**
 * Which panels a worker should take, and which it should hand on, given who holds what. Pure: every worker decides for itself by the same
 * rules, and the lease settles who was faster (spec 03 "Who owns which panel").
 */
export interface Holding {
  readonly panelId: string
  /** Null = nobody, or somebody whose lease has run out. */
  readonly holder: string | null
  readonly preferred: string | null
  /** Nobody has held it for a whole round of looking: taken by whoever can, however loaded. */
  readonly isForsaken: boolean
}

export interface ShareOut {
  readonly take: readonly string[]
  readonly handOn: readonly string[]
}

/** Handed on per round, so that a returning worker takes its panels back without a storm of reconnections. */
const HANDED_ON_AT_ONCE = 5

/** @param workers everybody alive, `self` included */
export function shareOut(self: string, workers: ReadonlySet<string>, panels: readonly Holding[]): ShareOut {
  const share = Math.ceil(panels.length / Math.max(1, workers.size))
  const mine = panels.filter(({ holder }) => holder === self)
  const wantedByOther = ({ preferred }: Holding) => preferred !== null && preferred !== self && workers.has(preferred)
  const free = panels.filter(({ holder }) => holder === null)
  const first = free.filter(({ preferred }) => preferred === self)
  const open = inOwnOrder(
    self,
    free.filter((panel) => panel.preferred !== self && !wantedByOther(panel)),
  )
  const room = Math.max(0, share - mine.length - first.length)
  const take = [...first, ...open.slice(0, room), ...open.slice(room).filter(({ isForsaken }) => isForsaken)]
  const forsaken = free.filter((panel) => panel.isForsaken && wantedByOther(panel))
  return {
    take: [...take, ...forsaken].map(({ panelId }) => panelId),
    handOn: handOn(self, workers, panels, share, mine, wantedByOther),
  }
}

/**
 * Each worker reaches for free panels in an order of its own: workers that look at the same moment seldom want the same panel, and the busy panels of
 * one customer, registered one after the other, spread over all of them.
 */
function inOwnOrder(self: string, panels: readonly Holding[]): Holding[] {
  const place = new Map(panels.map((panel) => [panel, scattered(`${self}|${panel.panelId}`)]))
  return panels.toSorted((a, b) => (place.get(a) ?? 0) - (place.get(b) ?? 0))
}

/** FNV-1a, 32 bit, its bits mixed once more: names that differ in their last figure alone would stay neighbours. */
function scattered(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return (hash ^ (hash >>> 13)) >>> 0
}

function handOn(
  self: string,
  workers: ReadonlySet<string>,
  panels: readonly Holding[],
  share: number,
  mine: readonly Holding[],
  wantedByOther: (panel: Holding) => boolean,
): string[] {
  const returning = mine.filter(wantedByOther)
  const loads = new Map([...workers].map((worker) => [worker, 0]))
  for (const { holder } of panels)
    if (holder !== null && loads.has(holder)) loads.set(holder, (loads.get(holder) ?? 0) + 1)
  const floor = Math.floor(panels.length / Math.max(1, workers.size))
  const somebodyHasRoom = [...loads].some(([worker, load]) => worker !== self && load < floor)
  const surplus = somebodyHasRoom ? mine.filter((panel) => panel.preferred !== self && !wantedByOther(panel)) : []
  const excess = Math.max(0, mine.length - returning.length - share)
  return [...returning, ...surplus.slice(0, excess)].slice(0, HANDED_ON_AT_ONCE).map(({ panelId }) => panelId)
}
