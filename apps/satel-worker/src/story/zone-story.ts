import type { Text } from '@stam/contracts'
import { alarmCodeOfReaction, classifyPanelCode } from '@stam/domain'
import { bitsToNumbers, eventMeaning, hasBit } from '@stam/integra'
import { type SignalKnowledge, ZONE_FAMILIES, type ZoneFamilyState } from './knowledge.ts'
import type { StoryLimits } from './panel-facts.ts'
import type { StoryDraft } from './story-draft.ts'

const COMMAND_OF: Record<ZoneFamilyState, string> = { zonesAlarm: '02', zonesTamperAlarm: '03' }
/** Tamper of a fire detector has a code of its own. */
const TAMPER_CODE = 144
const FIRE_TAMPER_CODE = 373

/** Rising edges of zone alarm bits raise the alarm at once; what ends is told by the memory. */
export function onZoneBits(
  draft: StoryDraft,
  name: ZoneFamilyState,
  bits: Uint8Array,
  at: number,
  limits: StoryLimits,
): void {
  const before = draft.knowledge.bits[name] ?? new Uint8Array(0)
  draft.change({ bits: { ...draft.knowledge.bits, [name]: bits } })
  for (const zone of bitsToNumbers(bits)) {
    if (!hasBit(before, zone)) zoneRises(draft, name, zone, at, limits, bits)
  }
  if (draft.knowledge.memory.readable) return
  for (const zone of bitsToNumbers(before)) if (!hasBit(bits, zone)) zoneFalls(draft, name, zone, at)
}

function zoneRises(
  draft: StoryDraft,
  name: ZoneFamilyState,
  zone: number,
  at: number,
  limits: StoryLimits,
  bits: Uint8Array,
): void {
  const key = ZONE_FAMILIES[name] + zone
  const known = draft.signal(key)
  if (known.owedSince !== null && isStillOwed(draft, known.owedSince, at, limits)) {
    // The memory was faster: this is the bit of an alarm already told.
    draft.setSignal(key, { ...known, seenByState: known.ordinal, owedSince: null })
    return
  }
  const { started, readable } = draft.knowledge.memory
  const ordinal = draft.nextOrdinal(key, readable)
  draft.setSignal(key, {
    ordinal,
    seenByState: ordinal,
    // Before the first look into the memory its records are history: none of them will be told for this occurrence.
    seenByMemory: !started ? ordinal : readable ? known.seenByMemory : ordinal - 1,
    active: true,
    raisedAt: at,
    owedSince: null,
  })
  tellZone(draft, name, zone, at, COMMAND_OF[name] + Buffer.from(bits).toString('hex'))
}

/**
 * An occurrence told by the memory waits for its bit: for ever while the panel is away or has not been read, and as
 * long as bits and memory may be apart otherwise.
 */
function isStillOwed(draft: StoryDraft, since: number, at: number, limits: StoryLimits): boolean {
  const { readySince } = draft.knowledge.link
  return readySince === null || at - Math.max(since, readySince) <= limits.owedMs
}

/** The event of the newest occurrence bits have told of this zone; also to tell it once more (see settle). */
export function tellZone(draft: StoryDraft, name: ZoneFamilyState, zone: number, at: number, raw = ''): void {
  const key = ZONE_FAMILIES[name] + zone
  const facts = draft.facts.names.zones.get(zone)
  const code = zoneCode(name, facts?.reaction ?? null)
  const { event_type, default_priority } = classifyPanelCode({ code, r: false })
  draft.tell({
    key,
    ordinal: draft.signal(key).ordinal,
    source: 'STATE',
    event_type,
    default_priority,
    restore: false,
    description: meaningText(code, false),
    happenedAt: at,
    receivedAt: at,
    event_code: code,
    zone_no: zone,
    partition_no: facts?.partition ?? null,
    object_name: facts?.name ?? null,
    raw_payload: raw,
  })
}

function zoneCode(name: ZoneFamilyState, reaction: number | null): number {
  const code = alarmCodeOfReaction(reaction)
  if (name === 'zonesAlarm') return code
  return code >= 110 && code <= 117 ? FIRE_TAMPER_CODE : TAMPER_CODE
}

/** Only where the memory cannot be read: the end of the signalling is all there is to see. */
function zoneFalls(draft: StoryDraft, name: ZoneFamilyState, zone: number, at: number): void {
  const begin = ZONE_FAMILIES[name] + zone
  const key = `${begin}:end`
  const ordinal = draft.nextOrdinal(key, false)
  const facts = draft.facts.names.zones.get(zone)
  const code = zoneCode(name, facts?.reaction ?? null)
  setEnded(draft, begin)
  draft.setSignal(key, { ...draft.signal(key), ordinal, seenByState: ordinal, seenByMemory: ordinal - 1, raisedAt: at })
  draft.tell({
    key,
    ordinal,
    source: 'STATE',
    event_type: 'RESTORE',
    default_priority: 'INFO',
    restore: true,
    description: meaningText(code, true),
    happenedAt: at,
    receivedAt: at,
    event_code: code,
    zone_no: zone,
    partition_no: facts?.partition ?? null,
    object_name: facts?.name ?? null,
  })
}

function setEnded(draft: StoryDraft, begin: string): void {
  const known: SignalKnowledge = draft.signal(begin)
  if (known.active) draft.setSignal(begin, { ...known, active: false })
}

/** Words of the protocol table for a code; real panels may word it otherwise, in their own language only. */
export function meaningText(code: number, restore: boolean): Text {
  const meaning = eventMeaning(code, restore)
  if (meaning !== undefined) return { pl: meaning.polish, en: meaning.english }
  return restore
    ? { pl: `Zdarzenie ${code} (koniec)`, en: `Event ${code} (ended)` }
    : { pl: `Zdarzenie ${code}`, en: `Event ${code}` }
}
