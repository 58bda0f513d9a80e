/**
 * What states tell when the event memory does not: arming, partition alarms without a zone, bypasses, troubles. Poorer
 * than the memory (no user, no code), and used only while the panel does not let its memory be read.
 */
import type { EventType, Priority, Text } from '@stam/contracts'
import { endKey } from '@stam/domain'
import { bitsToNumbers, decodeTroubles, hasBit, type StateName, type Trouble, troubleText } from '@stam/integra'
import type { StoryDraft } from './story-draft.ts'
import { troubleCode } from './trouble-codes.ts'

/** How long a partition alarm waits for the zone that explains it. */
const EXPLAIN_MS = 3_000

interface StateEvent {
  readonly key: string
  readonly type: EventType
  readonly priority: Priority
  readonly text: Text
  readonly code?: number
  readonly zone?: number
  readonly partition?: number
}

export function compareStates(
  draft: StoryDraft,
  name: StateName,
  bits: Uint8Array,
  previous: Uint8Array,
  at: number,
): void {
  if (name === 'partitionsAlarm' || name === 'partitionsFireAlarm')
    return noteUnexplained(draft, name, bits, previous, at)
  if (name.startsWith('troubles')) return compareTroubles(draft, name as `troubles${1}`, bits, previous, at)
  for (const number of bitsToNumbers(bits)) if (!hasBit(previous, number)) tell(draft, begun(name, number), at)
  for (const number of bitsToNumbers(previous)) if (!hasBit(bits, number)) tell(draft, ended(name, number), at)
}

function begun(name: StateName, number: number): StateEvent | undefined {
  if (name === 'partitionsArmed') {
    const text = { pl: 'Uzbrojenie', en: 'Armed' }
    return { key: `arm:partition:${number}`, type: 'ARM', priority: 'INFO', text, partition: number }
  }
  if (name === 'zonesBypassed') {
    const text = { pl: 'Zablokowanie wejścia', en: 'Zone bypassed' }
    return { key: `bypass:zone:${number}`, type: 'BYPASS', priority: 'INFO', text, zone: number }
  }
  return undefined
}

function ended(name: StateName, number: number): StateEvent | undefined {
  if (name === 'partitionsArmed') {
    const text = { pl: 'Rozbrojenie', en: 'Disarmed' }
    return { key: `disarm:partition:${number}`, type: 'DISARM', priority: 'INFO', text, partition: number }
  }
  if (name === 'zonesBypassed') {
    const text = { pl: 'Odblokowanie wejścia', en: 'Zone unbypassed' }
    return { key: endKey(`bypass:zone:${number}`), type: 'BYPASS', priority: 'INFO', text, zone: number }
  }
  return undefined
}

function compareTroubles(
  draft: StoryDraft,
  part: Parameters<typeof decodeTroubles>[0],
  bits: Uint8Array,
  previous: Uint8Array,
  at: number,
): void {
  const { type } = draft.facts
  const context = { zonesOnBoard: type?.zonesOnBoard ?? 16, wrl: type?.basicType === 4 }
  const now = index(decodeTroubles(part, bits, context))
  const before = index(decodeTroubles(part, previous, context))
  for (const [key, trouble] of now) if (!before.has(key)) tell(draft, troubleEvent(trouble, false), at)
  for (const [key, trouble] of before) if (!now.has(key)) tell(draft, troubleEvent(trouble, true), at)
}

function index(troubles: readonly Trouble[] | undefined): Map<string, Trouble> {
  return new Map((troubles ?? []).filter((it) => !it.memory).map((it) => [`${it.name}:${it.source}:${it.number}`, it]))
}

function troubleEvent(trouble: Trouble, isEnd: boolean): StateEvent {
  const known = troubleCode(trouble)
  const key = known ? `trouble:${known.code}:${known.number}` : `trouble:${trouble.name}:${trouble.number}`
  const text = { pl: troubleText(trouble.name, 'pl'), en: troubleText(trouble.name, 'en') }
  return {
    key: isEnd ? endKey(key) : key,
    type: isEnd ? 'RESTORE' : 'TROUBLE',
    priority: isEnd ? 'INFO' : 'WARNING',
    text: isEnd ? { pl: `${text.pl}: koniec`, en: `${text.en}: ended` } : text,
    ...(known ? { code: known.code } : {}),
    ...(trouble.source === 'zone' ? { zone: trouble.number } : {}),
  }
}

function noteUnexplained(draft: StoryDraft, name: StateName, bits: Uint8Array, previous: Uint8Array, at: number): void {
  const unexplained = new Map(draft.knowledge.unexplained)
  for (const partition of bitsToNumbers(bits)) {
    if (!hasBit(previous, partition)) unexplained.set(`${name}:${partition}`, at)
  }
  if (unexplained.size !== draft.knowledge.unexplained.size) draft.change({ unexplained })
}

/** A partition in alarm for which no zone of it is in alarm: made on a keypad, or by a module. */
export function explainPartitionAlarms(draft: StoryDraft, at: number): void {
  if (draft.knowledge.unexplained.size === 0) return
  const waiting = new Map(draft.knowledge.unexplained)
  for (const [key, since] of waiting) {
    if (at - since < EXPLAIN_MS) continue
    waiting.delete(key)
    const partition = Number(key.slice(key.indexOf(':') + 1))
    if (!zoneExplains(draft, partition)) tell(draft, partitionAlarm(key.startsWith('partitionsFire'), partition), at)
  }
  draft.change({ unexplained: waiting })
}

function zoneExplains(draft: StoryDraft, partition: number): boolean {
  const { bits } = draft.knowledge
  for (const mask of [bits.zonesAlarm, bits.zonesTamperAlarm]) {
    for (const zone of bitsToNumbers(mask ?? new Uint8Array(0))) {
      const facts = draft.facts.names.zones.get(zone)
      if (facts === undefined || facts.partition === null || facts.partition === partition) return true
    }
  }
  return false
}

function partitionAlarm(fire: boolean, partition: number): StateEvent {
  return fire
    ? {
        key: `partition-fire:${partition}`,
        type: 'ALARM',
        priority: 'CRITICAL',
        text: { pl: 'Alarm pożarowy w strefie', en: 'Fire alarm in a partition' },
        code: 115,
        partition,
      }
    : {
        key: `partition-alarm:${partition}`,
        type: 'ALARM',
        priority: 'CRITICAL',
        text: { pl: 'Alarm w strefie', en: 'Alarm in a partition' },
        partition,
      }
}

/** The memory may tell of it later, when it can be read again: the occurrence waits for its record. */
function tell(draft: StoryDraft, event: StateEvent | undefined, at: number): void {
  if (event === undefined) return
  const { key } = event
  const ordinal = draft.nextOrdinal(key, false)
  draft.setSignal(key, {
    ordinal,
    seenByState: ordinal,
    seenByMemory: ordinal - 1,
    active: event.type !== 'RESTORE',
    raisedAt: at,
    owedSince: null,
  })
  const { names } = draft.facts
  draft.tell({
    key,
    ordinal,
    source: 'STATE',
    event_type: event.type,
    default_priority: event.priority,
    restore: event.type === 'RESTORE',
    description: event.text,
    happenedAt: at,
    receivedAt: at,
    event_code: event.code ?? null,
    zone_no: event.zone ?? null,
    partition_no: event.partition ?? null,
    object_name:
      (event.zone === undefined ? undefined : names.zones.get(event.zone)?.name) ??
      (event.partition === undefined ? undefined : names.partitions.get(event.partition)) ??
      null,
  })
}
