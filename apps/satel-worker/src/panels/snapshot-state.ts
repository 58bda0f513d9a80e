import { PanelBits } from '@stam/contracts'
import type { RecordedSnapshot } from '@stam/store'
import { z } from 'zod'
import type { RecordedKnowledge } from '../story/knowledge.ts'

/** The `state` column of `panel_state_snapshots`: what a successor starts from, never shown to people (spec 03). */
export const SnapshotState = z.object({
  schema: z.literal(1),
  /** Keys of zone signals believed active. */
  active: z.array(z.string()),
  last_contact_at: z.iso.datetime().nullable(),
  /** Display state by partition number. */
  partitions: z.record(z.string(), z.string()),
  bits: PanelBits.nullable(),
})
export type SnapshotState = z.output<typeof SnapshotState>

/** What the story takes from a snapshot; an unreadable one is no snapshot. */
export function readSnapshot(snapshot: RecordedSnapshot | null): RecordedKnowledge['snapshot'] {
  const state = SnapshotState.safeParse(snapshot?.state).data
  if (snapshot === null || state === undefined) return null
  return {
    epoch: snapshot.epoch,
    panel_seq: snapshot.panel_seq,
    active: state.active,
    lastContact: state.last_contact_at === null ? null : Date.parse(state.last_contact_at),
  }
}

export function snapshotPartitions(snapshot: RecordedSnapshot | null): Map<number, string> {
  const state = SnapshotState.safeParse(snapshot?.state).data
  return new Map(Object.entries(state?.partitions ?? {}).map(([number, text]) => [Number(number), text]))
}
