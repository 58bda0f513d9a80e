/** What the operator is typing on an alarm. In memory, so that it outlives a conflict, a reload of data and a new sign-in. */
import type { Disposition } from '@stam/contracts'
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'

/** What Enter in the note field will do; null = the alarm's next step. */
export type Intent = 'ack' | 'close' | 'resolve' | 'note'

export interface Draft {
  readonly note: string
  readonly disposition: Disposition | null
  readonly intent: Intent | null
  /** Events the alarm had when typing began: more since then are pointed out. */
  readonly eventsSeen: number | null
}

export const emptyDraft: Draft = { note: '', disposition: null, intent: null, eventsSeen: null }
const drafts = createStore<Readonly<Record<string, Draft>>>(() => ({}))

export const useDraft = (alarmId: string): Draft => useStore(drafts, (all) => all[alarmId] ?? emptyDraft)
export const draftOf = (alarmId: string): Draft => drafts.getState()[alarmId] ?? emptyDraft

export function changeDraft(alarmId: string, change: Partial<Draft>): void {
  drafts.setState({ [alarmId]: { ...draftOf(alarmId), ...change } })
}

export function dropDraft(alarmId: string): void {
  drafts.setState(({ [alarmId]: _, ...rest }) => rest, true)
}

export const dropAllDrafts = (): void => drafts.setState({}, true)
