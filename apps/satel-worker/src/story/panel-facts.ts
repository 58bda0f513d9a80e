import type { PanelType } from '@stam/integra'

export interface ZoneFacts {
  readonly name: string
  readonly reaction: number | null
  readonly partition: number | null
}

/** Names as the panel calls its things; empty until they have been read. */
export interface PanelNames {
  readonly zones: ReadonlyMap<number, ZoneFacts>
  readonly partitions: ReadonlyMap<number, string>
  readonly outputs: ReadonlyMap<number, string>
  readonly users: ReadonlyMap<number, string>
}

export const NO_NAMES: PanelNames = {
  zones: new Map(),
  partitions: new Map(),
  outputs: new Map(),
  users: new Map(),
}

/** What the story needs of a panel besides what it learns itself. */
export interface PanelFacts {
  readonly panelId: string
  /** IANA zone of the panel's clock. */
  readonly timeZone: string
  /** Sizes of its model; undefined until it has been identified. */
  readonly type: PanelType | undefined
  readonly names: PanelNames
  /** Name of this worker process. */
  readonly instanceId: string
}

export interface StoryLimits {
  /** A walk through the memory that begins so long after a bit rose finds its record, or there is none. */
  readonly settleMs: number
  /**
   * How long the bit of an alarm the memory told first may take to be seen while the panel is polled: above the
   * longest pause in polling (a temperature takes 8 s). Too long only means that an alarm of the same zone within this
   * time is told by its record instead of its bit.
   */
  readonly owedMs: number
  /** Without contact for so long → COMM_LOSS. */
  readonly commLossMs: number
  /** A new owner tries at least so long itself before it says so. */
  readonly commGraceMs: number
  /** Clock error that is reported, and below which it is over. */
  readonly driftLimitMs: number
}

export const DEFAULT_LIMITS: StoryLimits = {
  settleMs: 5_000,
  owedMs: 15_000,
  commLossMs: 300_000,
  commGraceMs: 60_000,
  driftLimitMs: 30_000,
}
