/** Where the list must stand after its rows changed, so that nothing moves under the hand. Pure. */

export interface Row {
  readonly id: string
}

export interface AnchorFacts {
  /** Rows as they were drawn last, and as they are now. */
  readonly before: readonly Row[]
  readonly after: readonly Row[]
  readonly scrollTop: number
  readonly rowHeight: number
  readonly viewport: number
  /** The opened row, the row under a moving pointer: what may not move, most important first. */
  readonly held: readonly (string | undefined)[]
}

const indexOf = (rows: readonly Row[], id: string): number => rows.findIndex((row) => row.id === id)

/** The new scroll position, or null when the list should simply be left where it is. */
export function anchoredScroll(facts: AnchorFacts): number | null {
  const { before, after, scrollTop, rowHeight, viewport } = facts
  const first = Math.floor(scrollTop / rowHeight)
  const visible = before.slice(first, Math.floor((scrollTop + viewport - 1) / rowHeight) + 1)
  const heldRow = facts.held.map((id) => visible.findIndex((row) => row.id === id)).find((at) => at >= 0)
  const candidates = heldRow !== undefined ? [heldRow] : scrollTop > 0 ? [...visible.keys()] : []
  for (const at of candidates) {
    const anchor = visible[at]
    const to = anchor === undefined ? -1 : indexOf(after, anchor.id)
    if (to >= 0) return Math.max(0, to * rowHeight - ((first + at) * rowHeight - scrollTop))
  }
  return null
}

/** A row nobody has taken and that cannot wait. */
export interface WaitingRow extends Row {
  readonly status: string
  readonly priority: string
}

const cannotWait = ({ status, priority }: WaitingRow): boolean => status === 'NEW' && priority === 'CRITICAL'

/**
 * New rows above the window, waiting to be looked at; rows inside it have been seen and leave `unseen`. A CRITICAL that nobody has claimed is
 * always among them: to have stood in the window for a moment is not to have been noticed.
 * Only what stands above the lower edge is walked through.
 */
export function waitingAbove(
  rows: readonly WaitingRow[],
  unseen: Set<string>,
  scrollTop: number,
  rowHeight: number,
  viewport: number,
): string[] {
  const firstWhole = Math.ceil(scrollTop / rowHeight - 0.5)
  const last = Math.min(rows.length - 1, Math.floor((scrollTop + viewport - 1) / rowHeight))
  const above: string[] = []
  for (let index = 0; index <= last; index += 1) {
    const row = rows[index]
    if (row === undefined) continue
    if (index >= firstWhole) unseen.delete(row.id)
    else if (unseen.has(row.id) || cannotWait(row)) above.push(row.id)
  }
  return above
}
