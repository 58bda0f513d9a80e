import type { MemoryCursor, PanelEvent } from '@stam/contracts'
import { beginKey, isEndKey } from '@stam/domain'
import type { MemoryEntry } from '@stam/integra'
import { ZONE_FAMILIES, type ZoneFamilyState } from './knowledge.ts'
import type { PanelFacts, StoryLimits } from './panel-facts.ts'
import { type RecordSignal, recordSignal } from './record-signal.ts'
import { recordTime } from './record-time.ts'
import type { StoryDraft } from './story-draft.ts'
import { meaningText, tellZone } from './zone-story.ts'

/** A finished walk through the panel's event memory. */
export interface MemoryReading {
  /** Oldest first. */
  readonly entries: readonly Pick<MemoryEntry, 'index' | 'key' | 'record' | 'recordBytes' | 'panelTime'>[]
  /** As the link says it; see integra's MemoryRead. */
  readonly coverage: 'complete' | 'gap' | 'start'
  /** When the walk's first question was asked. */
  readonly startedAt: number
  readonly at: number
}

/** Keys kept in the cursor: the newest told record and some predecessors. */
const CURSOR_KEYS = 12
/** A record read after a gap is late when its minute is over for sure. */
const LATE_MS = 60_000

/** The first look: what is there was before our time, what comes from here on is told. */
export function onMemoryStart(draft: StoryDraft, keys: readonly string[]): void {
  draft.change({
    memory: { started: true, readable: true, keys: keys.slice(0, CURSOR_KEYS), emptied: false },
    link: { ...draft.knowledge.link, catchingUp: false },
  })
}

export function onMemoryUnreadable(draft: StoryDraft): void {
  const { memory } = draft.knowledge
  if (memory.readable) draft.change({ memory: { ...memory, readable: false } })
}

export function onMemory(draft: StoryDraft, reading: MemoryReading, limits: StoryLimits): void {
  const { memory } = draft.knowledge
  const { entries, coverage, at } = reading
  if (coverage === 'gap') onGap(draft, entries.length === 0, at)
  const before = draft.knowledge.memory
  let keys = coverage === 'complete' ? memory.keys : []
  for (const entry of entries) {
    keys = [entry.key, ...keys].slice(0, CURSOR_KEYS)
    tellRecord(draft, entry, keys, at)
  }
  draft.change({
    memory: {
      started: true,
      readable: true,
      keys: entries.length === 0 ? memory.keys : keys,
      emptied: before.emptied && entries.length === 0,
    },
    link: { ...draft.knowledge.link, catchingUp: false },
  })
  settle(draft, reading.startedAt - limits.settleMs)
}

/** Records between what was told and what is there are lost for good: say so, once. */
function onGap(draft: StoryDraft, nothingLeft: boolean, at: number): void {
  const { memory, link } = draft.knowledge
  // What bits raised before the panel was last away had its record in the part that is gone.
  settle(draft, (link.readySince ?? at) - 1)
  if (memory.emptied) return
  if (nothingLeft) draft.change({ memory: { ...memory, emptied: true } })
  const key = 'memory:gap'
  const ordinal = draft.nextOrdinal(key, true)
  draft.setSignal(key, { ...draft.signal(key), ordinal, seenByState: ordinal, seenByMemory: ordinal })
  draft.tell({
    key,
    ordinal,
    source: 'WORKER',
    event_type: 'TROUBLE',
    default_priority: 'WARNING',
    restore: false,
    description: {
      pl: 'Luka w pamięci zdarzeń centrali: część zdarzeń nadpisana lub skasowana',
      en: 'Gap in the panel’s event memory: some events were overwritten or erased',
    },
    happenedAt: at,
    receivedAt: at,
    late: link.catchingUp,
  })
}

function tellRecord(
  draft: StoryDraft,
  entry: MemoryReading['entries'][number],
  keys: readonly string[],
  at: number,
): void {
  const { facts } = draft
  const signal = recordSignal(entry.record, facts.type)
  const known = draft.signal(signal.key)
  // An occurrence bits have told already and the memory has not: this is its record.
  const isAwaited = known.seenByMemory < known.ordinal
  const ordinal = isAwaited ? known.seenByMemory + 1 : draft.nextOrdinal(signal.key, true)
  const owed = isZoneBegin(signal.key) && ordinal > known.seenByState
  draft.setSignal(signal.key, {
    ordinal: Math.max(ordinal, known.ordinal),
    seenByState: known.seenByState,
    seenByMemory: ordinal,
    active: !isEndKey(signal.key) && signal.classification.lasting,
    raisedAt: known.raisedAt,
    owedSince: owed ? at : known.owedSince,
  })
  if (isEndKey(signal.key)) end(draft, beginKey(signal.key))
  const time = recordTime(entry.panelTime, facts.timeZone, draft.knowledge.clock.drift, at)
  draft.tell({
    ...recordFields(entry, signal, facts),
    key: signal.key,
    ordinal,
    source: 'MEMORY',
    happenedAt: time.at,
    receivedAt: at,
    late: draft.knowledge.link.catchingUp && time.minute !== undefined && at - time.minute > LATE_MS,
    memory_cursor: toCursor(keys),
  })
}

function recordFields(entry: MemoryReading['entries'][number], signal: RecordSignal, facts: PanelFacts) {
  const { record } = entry
  const { classification, place } = signal
  const { source } = place
  return {
    event_type: classification.event_type,
    default_priority: classification.default_priority,
    restore: classification.restore,
    description: meaningText(record.code, record.restore),
    event_code: record.code,
    zone_no: source.type === 'zone' ? source.zone : null,
    partition_no: place.partition ?? null,
    user_no: source.type === 'user' ? source.user : null,
    output_no: source.type === 'output' ? source.output : null,
    object_name: objectName(signal, facts),
    raw_payload: Buffer.from(entry.recordBytes).toString('hex'),
  }
}

function objectName({ place }: RecordSignal, { names }: PanelFacts): string | null {
  const { source } = place
  if (source.type === 'zone') return names.zones.get(source.zone)?.name ?? null
  if (source.type === 'user') return names.users.get(source.user) || null
  if (source.type === 'output') return names.outputs.get(source.output) ?? null
  return place.partition === undefined ? null : (names.partitions.get(place.partition) ?? null)
}

/** Zone alarms last as long as their bit; everything else is over when the memory says so. */
function end(draft: StoryDraft, begin: string): void {
  const known = draft.signal(begin)
  if (known.active && !isZoneBegin(begin)) draft.setSignal(begin, { ...known, active: false })
}

function isZoneBegin(key: string): boolean {
  return !isEndKey(key) && (key.startsWith(ZONE_FAMILIES.zonesAlarm) || key.startsWith(ZONE_FAMILIES.zonesTamperAlarm))
}

/**
 * A complete walk that began well after bits had raised something and did not find its record: the panel has not
 * written one, or it is gone.
 */
function settle(draft: StoryDraft, before: number): void {
  for (const [key, known] of draft.keys()) {
    if (known.seenByMemory < known.ordinal && known.raisedAt <= before) close(draft, key)
  }
}

/**
 * The occurrence is told once more, changed in nothing but that no record is awaited, so that the next record of the
 * signal is a new occurrence for every later owner as well.
 */
function close(draft: StoryDraft, key: string): void {
  const known = draft.signal(key)
  draft.setSignal(key, { ...known, seenByMemory: known.ordinal })
  const zone = zoneOf(key)
  if (zone !== undefined) tellZone(draft, zone.name, zone.zone, known.raisedAt)
}

function zoneOf(key: string): { name: ZoneFamilyState; zone: number } | undefined {
  for (const name of Object.keys(ZONE_FAMILIES) as ZoneFamilyState[]) {
    if (isZoneBegin(key) && key.startsWith(ZONE_FAMILIES[name])) {
      return { name, zone: Number(key.slice(ZONE_FAMILIES[name].length)) }
    }
  }
  return undefined
}

function toCursor(keys: readonly string[]): NonNullable<PanelEvent['memory_cursor']> {
  const [last, ...recent] = keys.map(toPosition)
  return { last: last as MemoryCursor['last'], recent }
}

/** integra's key is the index (6 digits) and the masked record (16 digits), hexadecimal. */
function toPosition(key: string): MemoryCursor['last'] {
  return { index: Number.parseInt(key.slice(0, 6), 16), record: key.slice(6) }
}

/** The inverse of what an event carries: integra's keys, newest first. */
export function cursorKeys(cursor: MemoryCursor): string[] {
  return [cursor.last, ...cursor.recent].map(({ index, record }) => index.toString(16).padStart(6, '0') + record)
}

/** integra's keys, newest first → the cursor as it is stored; null when there is none. */
export function memoryCursorOf(keys: readonly string[]): MemoryCursor | null {
  return keys.length === 0 ? null : toCursor(keys)
}
