import { beginCode, type Classification, classifyPanelCode, endKey } from '@stam/domain'
import { type EventPlace, type EventRecord, eventPlace, type PanelType } from '@stam/integra'

/**
 * Codes whose record comes together with bit 02 (zone alarm) or 03 (zone tamper alarm) of its zone. Those bits cannot
 * tell the codes of one zone apart, so all of them are one signal. Listing a code too many is harmless (an occurrence
 * without a bit is just told by the memory), one too few would double the alarm.
 */
const ALARM_BIT: ReadonlySet<number> = codes(
  [100, 101],
  [110, 117],
  [122, 123],
  [130, 137],
  [150, 159],
  [161, 163],
  [200, 206],
)
const TAMPER_BIT: ReadonlySet<number> = codes([144, 144], [370, 373], [383, 383], [984, 984])
/** The record of a partition's arming proper; "armed by force" and the like come beside one of these. */
const ARMING: ReadonlySet<number> = codes([400, 404], [407, 409], [441, 442])

function codes(...ranges: (readonly [number, number])[]): Set<number> {
  const set = new Set<number>()
  for (const [from, to] of ranges) for (let code = from; code <= to; code++) set.add(code)
  return set
}

export interface RecordSignal {
  /** Signal key; a function of the record's bytes and the panel's model alone, so every re-read gives the same. */
  readonly key: string
  readonly classification: Classification
  readonly place: EventPlace
}

/** Which signal a record of the event memory is an occurrence of. */
export function recordSignal(record: EventRecord, panel: PanelType | undefined): RecordSignal {
  const place = eventPlace(record, panel)
  const classification = classifyPanelCode({
    code: record.code,
    r: record.restore,
    eventClass: record.eventClass,
    source: record.source,
  })
  return { key: keyOf(record, place, classification), classification, place }
}

function keyOf(record: EventRecord, place: EventPlace, classification: Classification): string {
  const { event_type: type, restore, restores, lasting } = classification
  const finish = (begin: string) => (restore ? endKey(begin) : begin)
  const { source } = place
  if (source.type === 'zone') {
    if (ALARM_BIT.has(record.code)) return finish(`alarm:zone:${source.zone}`)
    if (TAMPER_BIT.has(record.code)) return finish(`tamper:zone:${source.zone}`)
    if (type === 'BYPASS') return finish(`bypass:zone:${source.zone}`)
  }
  if (place.partition !== undefined && ARMING.has(record.code)) {
    if (type === 'ARM') return `arm:partition:${place.partition}`
    if (type === 'DISARM') return `disarm:partition:${place.partition}`
  }
  if (type === 'TROUBLE' || restores === 'TROUBLE')
    return finish(`trouble:${beginCode(record.code)}:${number(record, place)}`)
  const partition = place.partition ?? 0
  if (lasting || restores !== null) return finish(`memory:${record.code}:0:${partition}:${number(record, place)}`)
  return `memory:${record.code}:${record.restore ? 1 : 0}:${partition}:${number(record, place)}`
}

/** n as the record means it: beyond 128 on a 256 Plus. */
function number(record: EventRecord, place: EventPlace): number {
  if (place.source.type === 'zone') return place.source.zone
  if (place.source.type === 'output') return 1000 + place.source.output
  return record.source
}
