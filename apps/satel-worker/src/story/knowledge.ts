/** What the worker knows of one panel's signals. Plain data; the durable part comes back from the store after a restart. */
import { beginKey, endKey, isEndKey } from '@stam/domain'
import type { StateName } from '@stam/integra'

/** One signal (`alarm:zone:3`): how often it occurred, and how far each source has told of it. */
export interface SignalKnowledge {
  readonly ordinal: number
  readonly seenByState: number
  /** Always the number of its records up to the memory cursor: what makes a re-read arrive at the same ids. */
  readonly seenByMemory: number
  readonly active: boolean
  /** When the newest occurrence that bits told first was raised, or taken over from a predecessor; 0 = never. */
  readonly raisedAt: number
  /** When the memory told of an occurrence whose bit has not been seen rising; null when none is owed. */
  readonly owedSince: number | null
}

export interface LinkKnowledge {
  /** null while the panel is away. */
  readonly readySince: number | null
  /** null while it is there. */
  readonly awaySince: number | null
  readonly lastContact: number | null
  /** Busy: somebody else holds the module's only connection. */
  readonly busy: boolean
  /** Handed over for DLOADX on purpose: no alarm about it. */
  readonly released: boolean
  readonly lost: boolean
  /** Something may have happened unseen; over with the first finished read of the event memory. */
  readonly catchingUp: boolean
  readonly since: number
}

export interface MemoryKnowledge {
  /** Looked into at least once. Before that there is no saying which records are news. */
  readonly started: boolean
  /** It answers; while it does not, states have to speak for it. */
  readonly readable: boolean
  /** Keys of the newest told records, newest first; empty = the memory was empty. */
  readonly keys: readonly string[]
  /** The log was found empty behind a cursor, and that has been told. */
  readonly emptied: boolean
}

export interface ClockKnowledge {
  /** Panel minus us, milliseconds; undefined = not known. */
  readonly drift: number | undefined
  /** Readings in a row that call for a change of `told`. */
  readonly strikes: number
  readonly told: boolean
}

export interface Knowledge {
  readonly epoch: number
  /** Number of the newest event made in this epoch. */
  readonly seq: number
  readonly signals: ReadonlyMap<string, SignalKnowledge>
  /** Alarm bits as last seen; before the first read, what is believed of them. */
  readonly bits: Readonly<Partial<Record<StateName, Uint8Array>>>
  /** Partition alarms that wait for the zone that explains them, by state and partition, with the time they rose. */
  readonly unexplained: ReadonlyMap<string, number>
  readonly link: LinkKnowledge
  readonly memory: MemoryKnowledge
  readonly clock: ClockKnowledge
}

/** The durable part: rows of `panel_signals`, the memory cursor, and the newest snapshot. */
export interface RecordedKnowledge {
  readonly signals: readonly {
    readonly signal: string
    readonly ordinal: number
    readonly seen_by_state: number
    readonly seen_by_memory: number
    readonly active: boolean
    readonly epoch: number
    readonly panel_seq: number
  }[]
  /** null = the memory was never read; empty = it was empty then. */
  readonly memoryKeys: readonly string[] | null
  readonly snapshot: {
    readonly epoch: number
    readonly panel_seq: number
    /** Keys of signals believed active at that moment. */
    readonly active: readonly string[]
    /** Milliseconds since 1970; null = never. */
    readonly lastContact: number | null
  } | null
}

export const NO_SIGNAL: SignalKnowledge = {
  ordinal: 0,
  seenByState: 0,
  seenByMemory: 0,
  active: false,
  raisedAt: 0,
  owedSince: null,
}

/** Zones whose masks are kept: 256 in 32 bytes. */
export const ZONE_MASK_BYTES = 32

export const ZONE_FAMILIES = { zonesAlarm: 'alarm:zone:', zonesTamperAlarm: 'tamper:zone:' } as const
export type ZoneFamilyState = keyof typeof ZONE_FAMILIES

type Position = { readonly epoch: number; readonly panel_seq: number }

/** Whether a was written after b. */
function isLater(a: Position, b: Position): boolean {
  return a.epoch !== b.epoch ? a.epoch > b.epoch : a.panel_seq > b.panel_seq
}

/** What a new owner starts from. `epoch` is its own, `at` the moment it takes over. */
export function startKnowledge(recorded: RecordedKnowledge, epoch: number, at: number): Knowledge {
  const rows = new Map(recorded.signals.map((row) => [row.signal, row]))
  const believed = new Set(recorded.snapshot?.active)
  const signals = new Map<string, SignalKnowledge>()
  for (const row of recorded.signals) {
    const end = isEndKey(row.signal) ? undefined : rows.get(endKey(row.signal))
    const ended = end !== undefined && isLater(end, row)
    // A snapshot taken after the signal's last event knows better than that event whether the bit is still set.
    const snapshotKnows = recorded.snapshot !== null && !isLater(row, recorded.snapshot) && isZoneKey(row.signal)
    signals.set(row.signal, {
      ordinal: row.ordinal,
      seenByState: row.seen_by_state,
      seenByMemory: row.seen_by_memory,
      active: snapshotKnows ? believed.has(row.signal) : row.active && (isZoneKey(row.signal) || !ended),
      raisedAt: row.seen_by_memory < row.ordinal ? at : 0,
      owedSince: null,
    })
  }
  return {
    epoch,
    seq: 0,
    signals,
    bits: { zonesAlarm: believedMask(signals, 'alarm:zone:'), zonesTamperAlarm: believedMask(signals, 'tamper:zone:') },
    unexplained: new Map(),
    link: {
      readySince: null,
      awaySince: at,
      lastContact: recorded.snapshot?.lastContact ?? null,
      busy: false,
      released: false,
      lost: signals.get('comm:panel')?.active ?? false,
      catchingUp: true,
      since: at,
    },
    memory: {
      started: recorded.memoryKeys !== null,
      readable: true,
      keys: recorded.memoryKeys ?? [],
      emptied: false,
    },
    clock: { drift: undefined, strikes: 0, told: signals.get('clock:drift')?.active ?? false },
  }
}

/** Zone alarms are active as long as their bit says so; the record of the zone's return does not end the signalling. */
function isZoneKey(key: string): boolean {
  return /^(alarm|tamper):zone:\d+$/.test(key)
}

function believedMask(signals: ReadonlyMap<string, SignalKnowledge>, prefix: string): Uint8Array {
  const mask = new Uint8Array(ZONE_MASK_BYTES)
  for (const [key, signal] of signals) {
    if (!signal.active || !key.startsWith(prefix) || isEndKey(key)) continue
    const index = Number(beginKey(key).slice(prefix.length)) - 1
    mask[index >> 3] = (mask[index >> 3] ?? 0) | (1 << (index & 7))
  }
  return mask
}

/**
 * Zone signals believed active: their bit is set, or the memory has told of them and the bit is still to come. Goes
 * into the snapshot, so that a successor does not take a known alarm for a new one, nor a new one for a known one.
 */
export function believedActive(knowledge: Knowledge): string[] {
  const keys = new Set<string>()
  for (const name of Object.keys(ZONE_FAMILIES) as ZoneFamilyState[]) {
    const bits = knowledge.bits[name]
    if (bits === undefined) continue
    for (let n = 1; n <= bits.length * 8; n++) {
      if (((bits[(n - 1) >> 3] as number) >> ((n - 1) & 7)) & 1) keys.add(ZONE_FAMILIES[name] + n)
    }
  }
  for (const [key, signal] of knowledge.signals) if (signal.owedSince !== null && isZoneKey(key)) keys.add(key)
  return [...keys]
}
