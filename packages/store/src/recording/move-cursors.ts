/** How far each panel is known: signals and cursors, moved in the transaction of the events that carry them, and only forward. */
import type { WritePart } from '../write-together.ts'
import type { RecordableEvent } from './rules.ts'

type Carried = Pick<RecordableEvent, 'epoch' | 'panel_seq'>

function isLater(a: Carried, b: Carried): boolean {
  return a.epoch !== b.epoch ? a.epoch > b.epoch : a.panel_seq >= b.panel_seq
}

/** Counts only grow; whether it is active is what the newest event says. Repeated deliveries change nothing. */
export function signalsPart(events: readonly RecordableEvent[]): WritePart {
  const rows = new Map<string, SignalRow>()
  for (const { panel_id, signal, epoch, panel_seq } of events) {
    if (panel_id === null || signal === null) continue
    const { key, ...occurrence } = signal
    const row = { panel_id, signal: key, ...occurrence, epoch, panel_seq }
    const known = rows.get(`${panel_id}|${key}`)
    rows.set(`${panel_id}|${key}`, known ? mergeSignals(known, row) : row)
  }
  return {
    rows: [...rows.values()].sort((a, b) => compare(a.panel_id, b.panel_id) || compare(a.signal, b.signal)),
    sql: (json) => `
     INSERT INTO panel_signals AS p (panel_id, signal, ordinal, seen_by_state, seen_by_memory, active, epoch, panel_seq)
     SELECT * FROM json_to_recordset(${json}) AS r(panel_id uuid, signal text, ordinal bigint, seen_by_state bigint, seen_by_memory bigint,
       active boolean, epoch bigint, panel_seq bigint)
     ON CONFLICT (panel_id, signal) DO UPDATE SET
       ordinal = greatest(p.ordinal, EXCLUDED.ordinal),
       seen_by_state = greatest(p.seen_by_state, EXCLUDED.seen_by_state),
       seen_by_memory = greatest(p.seen_by_memory, EXCLUDED.seen_by_memory),
       active = CASE WHEN (EXCLUDED.epoch, EXCLUDED.panel_seq) >= (p.epoch, p.panel_seq) THEN EXCLUDED.active ELSE p.active END,
       epoch = greatest(p.epoch, EXCLUDED.epoch),
       panel_seq = CASE WHEN EXCLUDED.epoch > p.epoch THEN EXCLUDED.panel_seq WHEN EXCLUDED.epoch < p.epoch THEN p.panel_seq
         ELSE greatest(p.panel_seq, EXCLUDED.panel_seq) END,
       updated_at = now()
     RETURNING 1`,
  }
}

interface SignalRow extends Carried {
  readonly panel_id: string
  readonly signal: string
  readonly ordinal: number
  readonly seen_by_state: number
  readonly seen_by_memory: number
  readonly active: boolean
}

function mergeSignals(known: SignalRow, row: SignalRow): SignalRow {
  const newest = isLater(row, known) ? row : known
  return {
    ...newest,
    ordinal: Math.max(known.ordinal, row.ordinal),
    seen_by_state: Math.max(known.seen_by_state, row.seen_by_state),
    seen_by_memory: Math.max(known.seen_by_memory, row.seen_by_memory),
  }
}

/** The position in the event memory moves on a pair of its own, since not every event carries one. */
export function cursorsPart(events: readonly RecordableEvent[]): WritePart {
  const newest = new Map<string, RecordableEvent>()
  const memory = new Map<string, RecordableEvent>()
  for (const event of events) {
    if (event.panel_id === null) continue
    keepLater(newest, event.panel_id, event)
    if (event.memory_cursor !== null) keepLater(memory, event.panel_id, event)
  }
  const rows = [...newest]
    .sort(([a], [b]) => compare(a, b))
    .map(([panel_id, { epoch, panel_seq }]) => {
      const carried = memory.get(panel_id)
      return {
        panel_id,
        epoch,
        panel_seq,
        memory_epoch: carried?.epoch ?? null,
        memory_seq: carried?.panel_seq ?? null,
        memory_index: carried?.memory_cursor?.last.index ?? null,
        memory_record: carried?.memory_cursor?.last.record ?? null,
        memory_recent: carried?.memory_cursor?.recent ?? [],
      }
    })
  // Row comparison is lexicographic: a new epoch wins whatever its number; NULL (never carried one) loses.
  const later = `p.memory_epoch IS NULL OR (EXCLUDED.memory_epoch, EXCLUDED.memory_seq) > (p.memory_epoch, p.memory_seq)`
  const moved = (column: string) =>
    `${column} = CASE WHEN EXCLUDED.memory_epoch IS NOT NULL AND (${later}) THEN EXCLUDED.${column} ELSE p.${column} END`
  return {
    rows,
    sql: (json) => `
     INSERT INTO panel_cursors AS p (panel_id, epoch, panel_seq, memory_epoch, memory_seq, memory_index, memory_record, memory_recent)
     SELECT * FROM json_to_recordset(${json}) AS r(panel_id uuid, epoch bigint, panel_seq bigint, memory_epoch bigint, memory_seq bigint,
       memory_index int, memory_record text, memory_recent jsonb)
     ON CONFLICT (panel_id) DO UPDATE SET
       epoch = CASE WHEN (EXCLUDED.epoch, EXCLUDED.panel_seq) > (p.epoch, p.panel_seq) THEN EXCLUDED.epoch ELSE p.epoch END,
       panel_seq = CASE WHEN (EXCLUDED.epoch, EXCLUDED.panel_seq) > (p.epoch, p.panel_seq) THEN EXCLUDED.panel_seq ELSE p.panel_seq END,
       ${['memory_epoch', 'memory_seq', 'memory_index', 'memory_record', 'memory_recent'].map(moved).join(',\n       ')},
       updated_at = now()
     RETURNING 1`,
  }
}

function keepLater(into: Map<string, RecordableEvent>, panelId: string, event: RecordableEvent): void {
  const known = into.get(panelId)
  if (known === undefined || isLater(event, known)) into.set(panelId, event)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
