import type { ClockStatus, WallTime } from '../codec/clock.ts'
import type { CodePage } from '../codec/code-page.ts'
import type { EventRecord } from '../codec/event-record.ts'
import type { DiscardReason } from '../codec/frame.ts'
import type { NameRecord, NameTypeName } from '../codec/names.ts'
import type { PanelType } from '../codec/panel-types.ts'
import type { ResultCode } from '../codec/results.ts'
import type { StateName } from '../codec/state-table.ts'
import type { ModuleVersion, PanelVersion } from '../codec/versions.ts'
import type { PanelCommand } from '../commands/command.ts'

/** Time as the link sees it; replace it in tests. */
export interface LinkClock {
  /** Milliseconds since 1970. */
  now(): number
  /** Milliseconds that never jump, for deadlines; `now` serves where it is missing. */
  monotonic?(): number
  /** Runs `task` once after at least `delayMs`; the returned function cancels it. */
  schedule(delayMs: number, task: () => void): () => void
}

export interface PanelLinkOptions {
  readonly host: string
  /** SATEL's factory value is 7094. */
  readonly port: number
  /** Integration key of the module; absent means plaintext. */
  readonly integrationKey?: string
  /** Time between two questions for new data, default 1000. */
  readonly pollIntervalMs?: number
  /** Time between two complete reads, since flags can be missed; default 300000. */
  readonly fullReadIntervalMs?: number
  /** Default 3000. */
  readonly answerTimeoutMs?: number
  /** For what is slower by nature (0x7D; some states of a v1 module), default 8000. */
  readonly slowAnswerTimeoutMs?: number
  /** Time between two readings of the clock where the list is asked for besides; default 10000. The module closes after about 25 s without a request. */
  readonly keepAliveMs?: number
  /** Waiting times after the first, second … failure; the last one repeats. Default 1, 2, 4, 8, 16, 30 s, ±20 %. */
  readonly backoffMs?: readonly number[]
  /** Shortest wait after `busy`: the slot of a module is released a little after the last client. Default 5000. */
  readonly busyBackoffMs?: number
  /** A link that closes sooner than this after it was ready goes on with the longer waits. Default 30000. */
  readonly stableAfterMs?: number
  /** Time to dial, default 5000. */
  readonly dialTimeoutMs?: number
  /** How long to listen for a busy block before the first request, default 150 (reference 8.1). */
  readonly listenFirstMs?: number
  /** `auto` subscribes where the module can push, `never` always polls. Default `auto`. */
  readonly push?: 'auto' | 'never'
  /** Code page of names and texts, default windows-1250. */
  readonly codePage?: CodePage
  /** IANA zone of the panel's wall clock; without it drift is not computed. */
  readonly timeZone?: string
  readonly clock?: LinkClock
  /** Returns 0 <= x < 1; jitter and header bytes come from it. */
  readonly random?: () => number
}

/** Who answers at the other end. */
export interface PanelIdentity {
  readonly panel: PanelVersion
  /** Sizes of the model, undefined for an unknown type code. */
  readonly type: PanelType | undefined
  /** undefined: the module is older than 0x7C (v1). */
  readonly module: ModuleVersion | undefined
}

/**
 * Why a link waits before dialling again.
 *
 * unreachable: no answer at the address, or no way there · refused: the address is there, nothing listens at the port · busy: the module serves somebody else · silent: no answer in time ·
 * mode_mismatch: one side encrypts and the other does not · wrong_key: the echo of the encrypted header is wrong or
 * the module closes without a word · closed_by_panel: TCP closed by the other side · bad_identity: it answers, but
 * not as an INTEGRA
 */
export type WaitingReason =
  | 'unreachable'
  | 'refused'
  | 'busy'
  | 'silent'
  | 'mode_mismatch'
  | 'wrong_key'
  | 'closed_by_panel'
  | 'bad_identity'

/** Times are milliseconds since 1970. `attempt` counts dials since the link was last stable, from 1. */
export type LinkStatus =
  | { readonly state: 'dialling'; readonly attempt: number; readonly since: number }
  | { readonly state: 'identifying'; readonly attempt: number; readonly since: number }
  | { readonly state: 'ready'; readonly identity: PanelIdentity; readonly push: boolean; readonly since: number }
  | {
      readonly state: 'waiting'
      readonly reason: WaitingReason
      readonly attempt: number
      readonly retryAt: number
      readonly since: number
    }
  | { readonly state: 'closed'; readonly since: number }

/** A copy of everything the link knows; bit masks as in the codec, 1-based from byte 0 bit 0. */
export interface PanelSnapshot {
  readonly identity: PanelIdentity
  /** Grows with every complete read, from 1; starts again with a new link object. */
  readonly cycle: number
  /** End of the last complete read. */
  readonly readAt: number
  /** Last time anything arrived from the panel. */
  readonly receivedAt: number
  readonly clock: ClockStatus | undefined
  /** Zone and output masks have 16 bytes, 32 on a panel above 128 objects. States the module lacks are absent. */
  readonly states: Readonly<Partial<Record<StateName, Uint8Array>>>
}

export type PanelChange =
  | { readonly type: 'status'; readonly status: LinkStatus; readonly previous: LinkStatus }
  | {
      /** Emitted only when bits differ from what was known, or on the first read of a link object. */
      readonly type: 'state'
      readonly name: StateName
      readonly bits: Uint8Array
      readonly previous: Uint8Array | undefined
      readonly receivedAt: number
      /** Several changes were folded into one because the consumer was slow. Only from `changes()`. */
      readonly coalesced?: boolean
      /** With `coalesced`: bits that rose at any time in between, also those that have fallen again. */
      readonly raised?: Uint8Array
    }
  | {
      readonly type: 'clock'
      readonly clock: ClockStatus
      /** Panel minus us; undefined without a time zone, or while the panel's time does not exist. */
      readonly driftMs: number | undefined
      readonly receivedAt: number
    }
  /** A complete read has ended; comes right after connecting (before `ready`) and every `fullReadIntervalMs`. */
  | { readonly type: 'full'; readonly snapshot: PanelSnapshot; readonly cycle: number; readonly receivedAt: number }
  /** The event memory probably has new records: an unsolicited 0x8C, or states that changed. */
  | { readonly type: 'memoryHint'; readonly cause: 'unsolicited' | 'state'; readonly receivedAt: number }
  | {
      readonly type: 'discarded'
      readonly reason: DiscardReason | 'unexpected' | 'undecodable'
      readonly bytes: number
      readonly count: number
      readonly receivedAt: number
    }

/** What became of a command. Expected refusals are values; nothing here throws. */
export type Outcome<Answer> =
  /** A read was answered. */
  | { readonly kind: 'answered'; readonly value: Answer }
  /** Result 00 (done) or FF (will be processed): evidence of acceptance, not of effect; watch the state. */
  | { readonly kind: 'accepted'; readonly result: ResultCode }
  | { readonly kind: 'refused'; readonly result: ResultCode }
  /** No byte went out: it may be tried again. */
  | {
      readonly kind: 'not_sent'
      readonly reason: 'not_ready' | 'expired' | 'cancelled' | 'closed' | 'unsupported' | 'invalid' | 'queue_full'
      /** English sentence for `invalid` and `unsupported`; never holds a code. */
      readonly problem?: string
    }
  /** Bytes went out and no answer came. A control command may or may not have been carried out: settle it by state. */
  | { readonly kind: 'unknown'; readonly reason: 'timed_out' | 'connection_lost' | 'undecodable' }

export interface ExecuteOptions {
  /** Gives up waiting for its turn after this time (outcome `not_sent`, `expired`); default 5000. */
  readonly expiresInMs?: number
  /** Called right before the bytes are written. Returning false cancels; nothing goes out. */
  readonly beforeSend?: () => boolean
  readonly signal?: AbortSignal
}

/**
 * Where the reader of the event memory has arrived: keys of the newest processed records, newest first; empty when
 * the memory was empty. Plain data; store it beside the events it covers, in the same transaction.
 */
export interface MemoryCursor {
  readonly keys: readonly string[]
}

export interface MemoryEntry {
  /** Opaque 24-bit token. */
  readonly index: number
  /** Identity inside the panel: index and record with the reporting states masked out. */
  readonly key: string
  readonly record: EventRecord
  readonly recordBytes: Uint8Array
  /** Wall time of the panel, seconds always 0; undefined when the record holds no day. */
  readonly panelTime: WallTime | undefined
}

export interface ReadMemoryOptions {
  readonly since: MemoryCursor | undefined
  /** Most records to walk back. */
  readonly limit: number
  readonly log?: 'standard' | 'grade'
  readonly onProgress?: (walked: number) => void
  readonly signal?: AbortSignal
}

export type MemoryRead =
  | {
      readonly kind: 'read'
      /** Oldest first. */
      readonly entries: readonly MemoryEntry[]
      /** Equal to `since` when nothing is new. Records that arrive during the walk are found by the next call. */
      readonly cursor: MemoryCursor
      /**
       * complete: met a record of the cursor, nothing is missing · start: no cursor was given; the newest `limit`
       * records · gap: the cursor's records are gone (overwritten, erased) or lie deeper than `limit`
       */
      readonly coverage: 'complete' | 'gap' | 'start'
    }
  /** Link lost or cancelled; what was read is kept, and the next call with the same cursor goes on from there. */
  | {
      readonly kind: 'interrupted'
      readonly reason: 'not_ready' | 'connection_lost' | 'cancelled' | 'closed' | 'unsupported'
      readonly walked: number
    }

export interface ReadNamesOptions {
  /** Which objects; default partitions with object, zones with partition, outputs: as many as the panel has. */
  readonly objects?: readonly { readonly type: NameTypeName; readonly numbers: readonly number[] }[]
  readonly onProgress?: (done: number, total: number) => void
  readonly signal?: AbortSignal
}

export interface NamesRead {
  readonly kind: 'read' | 'interrupted'
  /** Objects that exist, in the order asked; older modules may answer with the plain type instead of the asked one. */
  readonly names: readonly NameRecord[]
  /** Objects the panel says do not exist. */
  readonly absent: number
}

/** Text of an event as this panel words it, 0x8F. */
export interface EventText {
  readonly restore: boolean
  readonly code: number
  readonly longKind: number
  readonly shortKind: number
  readonly text: string
}

/** Counters since the link object was made. */
export interface LinkCounters {
  readonly bytesIn: number
  readonly bytesOut: number
  readonly framesIn: number
  readonly framesOut: number
  readonly pushes: number
  readonly discardedBytes: number
  /** Reads sent again because their answer was missing or damaged. */
  readonly repeats: number
  /** Requests that stayed without an answer. */
  readonly timeouts: number
  readonly connects: number
}

export interface PanelLink {
  readonly status: LinkStatus
  readonly counters: LinkCounters
  /** undefined until the first complete read of this link object; keeps the last known state while disconnected. */
  snapshot(): PanelSnapshot | undefined
  /**
   * Calls the listener synchronously for every change, in order; the cheap form for thousands of links. A listener
   * must not throw; if it does, the error is rethrown outside the link.
   * @returns removes the listener
   */
  onChange(listener: (change: PanelChange) => void): () => void
  /** The same as an iterable: bounded, a slow consumer gets folded state changes. Ends when the link is closed. */
  changes(): AsyncIterable<PanelChange>
  /**
   * Sends a command before the next poll. Control commands are never repeated: no answer is outcome `unknown`, and
   * the link starts again from a clean connection.
   */
  execute<Args, Answer>(
    command: PanelCommand<Args, Answer>,
    args: Args,
    options?: ExecuteOptions,
  ): Promise<Outcome<Answer>>
  /** Walks the event memory back to the cursor (reference 8.3). One walk at a time; further calls wait. */
  readMemory(options: ReadMemoryOptions): Promise<MemoryRead>
  /** Slow: about 0.3 s per object; polling and commands go first. Cache the result. */
  readNames(options?: ReadNamesOptions): Promise<NamesRead>
  readEventText(
    event: { readonly code: number; readonly restore: boolean },
    length?: 'long' | 'short',
  ): Promise<Outcome<EventText>>
  /**
   * A zone without a thermometer is never answered: outcome `unknown` after 8 s, during which the link cannot poll.
   * Ask only for zones known to have one, seldom, and give up on a zone after two such outcomes.
   */
  readTemperature(zone: number): Promise<Outcome<{ readonly zone: number; readonly celsius: number | undefined }>>
  /** Reads the complete state now, before the interval is over. */
  requestFullRead(): void
  /** Closes for good; resolves when the socket is gone. */
  close(): Promise<void>
}
