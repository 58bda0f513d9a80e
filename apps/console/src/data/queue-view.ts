/** What the queue shows of the board: filter, search, order. Pure; 10,000 alarms in a few milliseconds. */
import type { AlarmSummary, Priority } from '@stam/contracts'

export const queueOrders = ['priority', 'newest'] as const
export type QueueOrder = (typeof queueOrders)[number]
export const queueWhose = ['all', 'new', 'mine', 'unfinished'] as const
/** `new`: nobody has it; `mine`: I handle it; `unfinished`: acknowledged or resolved, but not closed. */
export type QueueWhose = (typeof queueWhose)[number]

export interface QueueFilter {
  readonly priorities: readonly Priority[]
  readonly whose: QueueWhose
  readonly text: string
  readonly order: QueueOrder
  readonly test: boolean
}

export const wholeQueue: QueueFilter = { priorities: [], whose: 'all', text: '', order: 'priority', test: false }

/**
 * Alarms that pass, in order; `alarms` come newest first. Claiming and acknowledging never move a row: neither order
 * looks at the status. `me` is the signed-in user's id.
 */
export function queueOf(alarms: readonly AlarmSummary[], filter: QueueFilter, me: string): AlarmSummary[] {
  const words = searchable(filter.text).split(' ').filter(Boolean)
  const passing: Record<Priority, AlarmSummary[]> = { CRITICAL: [], WARNING: [], INFO: [] }
  const all: AlarmSummary[] = []
  const bucket = filter.order === 'priority' ? (alarm: AlarmSummary) => passing[alarm.priority] : () => all
  for (const alarm of alarms) {
    if (alarm.test_mode !== filter.test) continue
    if (filter.priorities.length > 0 && !filter.priorities.includes(alarm.priority)) continue
    if (!belongs(alarm, filter.whose, me)) continue
    if (words.length > 0 && !contains(alarm, words)) continue
    bucket(alarm).push(alarm)
  }
  return filter.order === 'priority' ? [...passing.CRITICAL, ...passing.WARNING, ...passing.INFO] : all
}

function belongs(alarm: AlarmSummary, whose: QueueWhose, me: string): boolean {
  switch (whose) {
    case 'all':
      return true
    case 'new':
      return alarm.status === 'NEW'
    case 'mine':
      return alarm.handler?.id === me && alarm.status !== 'NEW'
    case 'unfinished':
      return alarm.status === 'ACK' || alarm.status === 'RESOLVED'
  }
}

const texts = new WeakMap<AlarmSummary, string>()

function contains(alarm: AlarmSummary, words: readonly string[]): boolean {
  let text = texts.get(alarm)
  if (text === undefined) {
    const parts = [
      alarm.site.name,
      alarm.site.code,
      alarm.site.city,
      alarm.headline.pl,
      alarm.headline.en,
      alarm.object_name ?? '',
      `#${alarm.number}`,
      alarm.handler?.name ?? '',
    ]
    text = searchable(parts.join(' '))
    texts.set(alarm, text)
  }
  const hay = text
  return words.every((word) => hay.includes(word))
}

/** Lower case without diacritics; ł is a letter of its own in Unicode, not an l with a mark. */
export function searchable(text: string): string {
  const lower = text.trim().toLowerCase()
  // Most words are plain, and taking letters apart is slow.
  return plain.test(lower) ? lower : lower.normalize('NFD').replace(marks, '').replaceAll('ł', 'l')
}

// oxlint-disable-next-line no-control-regex
const plain = /^[\x00-\x7f]*$/
const marks = /\p{M}/gu
