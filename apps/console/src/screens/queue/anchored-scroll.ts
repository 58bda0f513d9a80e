/** Where the list must stand after its rows changed, so that nothing moves under the hand. Pure. */

export interface AnchorFacts {
  /** Ids in the order they were drawn last, and now. */
  readonly before: readonly string[]
  readonly after: ReadonlyMap<string, number>
  readonly scrollTop: number
  readonly rowHeight: number
  readonly viewport: number
  /** The opened row, the row under a moving pointer: what may not move, most important first. */
  readonly held: readonly (string | undefined)[]
}

/** The new scroll position, or null when the list should simply be left where it is. */
export function anchoredScroll(facts: AnchorFacts): number | null {
  const { before, after, scrollTop, rowHeight, viewport } = facts
  const first = Math.floor(scrollTop / rowHeight)
  const last = Math.floor((scrollTop + viewport - 1) / rowHeight)
  const visible = before.slice(first, last + 1)
  const anchor =
    facts.held.find((id) => id !== undefined && visible.includes(id)) ??
    (scrollTop > 0 ? visible.find((id) => after.has(id)) : undefined)
  if (anchor === undefined) return null
  const to = after.get(anchor)
  if (to === undefined) return null
  const offset = before.indexOf(anchor, first) * rowHeight - scrollTop
  return Math.max(0, to * rowHeight - offset)
}

/** New rows above the window, waiting to be looked at. */
export function waitingAbove(
  unseen: ReadonlySet<string>,
  after: ReadonlyMap<string, number>,
  scrollTop: number,
  rowHeight: number,
): string[] {
  const first = Math.ceil(scrollTop / rowHeight)
  return [...unseen].filter((id) => (after.get(id) ?? Number.POSITIVE_INFINITY) < first)
}
