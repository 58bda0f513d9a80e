/**
 * One story out of two sources (docs/adr/0001, docs/machines/panel-story.md): state bits that come at once, and the
 * event memory that comes later and knows more. A pure, total function: the same knowledge and input give the same
 * events, in the order they are to be published, and the knowledge to go on with.
 */
import type { PanelEvent } from '@stam/contracts'
import type { StateName, WallTime } from '@stam/integra'
import { onClock } from './clock-story.ts'
import { type Knowledge, ZONE_FAMILIES, type ZoneFamilyState } from './knowledge.ts'
import { onLink, onTick } from './link-story.ts'
import { type MemoryReading, onMemory, onMemoryStart, onMemoryUnreadable } from './memory-story.ts'
import type { PanelFacts, StoryLimits } from './panel-facts.ts'
import { compareStates, explainPartitionAlarms } from './state-comparison.ts'
import { onZoneBits } from './zone-story.ts'
import { StoryDraft } from './story-draft.ts'

/** Times are milliseconds since 1970 on our clock. */
export type StoryInput =
  /** Bits of one state as the panel has them now. `previous` undefined = this link had not read them before. */
  | {
      readonly type: 'bits'
      readonly name: StateName
      readonly bits: Uint8Array
      readonly previous: Uint8Array | undefined
      readonly at: number
    }
  /** The first look into the memory of a panel that was never read: everything up to here is history. */
  | { readonly type: 'memory-start'; readonly keys: readonly string[]; readonly at: number }
  | ({ readonly type: 'memory' } & MemoryReading)
  /** The panel does not answer questions about its memory. */
  | { readonly type: 'memory-unreadable'; readonly at: number }
  | { readonly type: 'ready'; readonly at: number }
  | { readonly type: 'away'; readonly at: number; readonly busy: boolean }
  | { readonly type: 'released'; readonly released: boolean; readonly at: number }
  /** People are still shown a loss of contact, though there is contact. */
  | { readonly type: 'reported-lost'; readonly at: number }
  | { readonly type: 'clock'; readonly driftMs: number | undefined; readonly at: number }
  /** Time passes; about once a second. */
  | { readonly type: 'tick'; readonly at: number }

export type { WallTime }

export interface StoryStep {
  readonly knowledge: Knowledge
  readonly events: readonly PanelEvent[]
}

const NOTHING: readonly PanelEvent[] = []

export function stepStory(knowledge: Knowledge, input: StoryInput, facts: PanelFacts, limits: StoryLimits): StoryStep {
  // Most ticks change nothing: thousands of panels tick every second.
  if (input.type === 'tick' && knowledge.link.awaySince === null && knowledge.unexplained.size === 0) {
    return { knowledge, events: NOTHING }
  }
  const draft = new StoryDraft(knowledge, facts)
  apply(draft, input, limits)
  return { knowledge: draft.knowledge, events: draft.events }
}

function apply(draft: StoryDraft, input: StoryInput, limits: StoryLimits): void {
  switch (input.type) {
    case 'bits':
      return onBits(draft, input, limits)
    case 'memory-start':
      return onMemoryStart(draft, input.keys)
    case 'memory':
      return onMemory(draft, input, limits)
    case 'memory-unreadable':
      return onMemoryUnreadable(draft)
    case 'ready':
    case 'away':
    case 'released':
    case 'reported-lost':
      return onLink(draft, input)
    case 'clock':
      return onClock(draft, input.driftMs, input.at, limits)
    case 'tick':
      explainPartitionAlarms(draft, input.at)
      return onTick(draft, input.at, limits)
  }
}

function onBits(draft: StoryDraft, input: Extract<StoryInput, { type: 'bits' }>, limits: StoryLimits): void {
  const { name, bits, previous, at } = input
  if (name in ZONE_FAMILIES) onZoneBits(draft, name as ZoneFamilyState, bits, at, limits)
  else if (!draft.knowledge.memory.readable && previous !== undefined) {
    compareStates(draft, name, bits, previous, at)
  }
}
