/** What the queue is filtered by in this window. Kept while the window lives, not longer: a new shift starts with everything. */
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import { type QueueFilter, wholeQueue } from './queue-view.ts'

export interface QueueChoice extends QueueFilter {
  /** Open alarms come from the board, closed ones page by page from the server. */
  readonly view: 'open' | 'closed'
}

export const queueChoice = createStore<QueueChoice>(() => ({ ...wholeQueue, view: 'open' }))
export const useQueueChoice = (): QueueChoice => useStore(queueChoice)
export const chooseQueue = (change: Partial<QueueChoice>): void => queueChoice.setState(change)
export const resetQueue = (): void =>
  queueChoice.setState({ ...wholeQueue, order: queueChoice.getState().order, view: 'open' })

export const isFiltered = (choice: QueueChoice): boolean =>
  choice.priorities.length > 0 ||
  choice.whose !== 'all' ||
  choice.text !== '' ||
  choice.test ||
  choice.view === 'closed'
