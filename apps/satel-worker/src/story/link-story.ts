import type { StoryLimits } from './panel-facts.ts'
import type { StoryInput } from './panel-story.ts'
import type { StoryDraft } from './story-draft.ts'

const COMM = 'comm:panel'
const COMM_END = 'comm:panel:end'

export function onLink(
  draft: StoryDraft,
  input: Extract<StoryInput, { type: 'ready' | 'away' | 'released' | 'reported-lost' }>,
): void {
  const { link } = draft.knowledge
  const { at } = input
  switch (input.type) {
    case 'ready':
      draft.change({
        link: { ...link, readySince: at, awaySince: null, lastContact: at, busy: false, lost: false },
      })
      if (link.lost) tellRestored(draft, at)
      return
    case 'away':
      draft.change({
        link: {
          ...link,
          readySince: null,
          awaySince: link.awaySince ?? at,
          lastContact: link.readySince === null ? link.lastContact : at,
          busy: input.busy,
          catchingUp: true,
        },
      })
      return
    case 'reported-lost':
      // A predecessor's loss that was recorded after we took over: only now can it be taken back.
      if (link.readySince !== null && !link.lost) tellRestored(draft, at)
      return
    case 'released':
      // Time handed over on purpose does not count: the clock starts when the panel is ours again.
      draft.change({
        link: {
          ...link,
          released: input.released,
          ...(link.released && !input.released ? { lastContact: at, since: at } : {}),
        },
      })
  }
}

/** No contact for too long, busy included, released not. */
export function onTick(draft: StoryDraft, at: number, limits: StoryLimits): void {
  const { link } = draft.knowledge
  if (link.awaySince === null || link.lost || link.released) return
  if (at - (link.lastContact ?? link.since) < limits.commLossMs || at - link.since < limits.commGraceMs) return
  draft.change({ link: { ...link, lost: true } })
  const minutes = Math.round(limits.commLossMs / 60_000)
  const ordinal = draft.nextOrdinal(COMM, false)
  draft.setSignal(COMM, { ...draft.signal(COMM), ordinal, seenByState: ordinal, seenByMemory: ordinal, active: true })
  draft.tell({
    key: COMM,
    ordinal,
    source: 'WORKER',
    event_type: 'COMM_LOSS',
    default_priority: 'CRITICAL',
    restore: false,
    description: link.busy
      ? {
          pl: `Brak łączności z centralą od ${minutes} min: zajęta przez inny program`,
          en: `No contact with the panel for ${minutes} min: busy with another client`,
        }
      : { pl: `Brak łączności z centralą od ${minutes} min`, en: `No contact with the panel for ${minutes} min` },
    happenedAt: at,
    receivedAt: at,
  })
}

function tellRestored(draft: StoryDraft, at: number): void {
  const ordinal = draft.nextOrdinal(COMM_END, false)
  draft.setSignal(COMM, { ...draft.signal(COMM), active: false })
  draft.setSignal(COMM_END, { ...draft.signal(COMM_END), ordinal, seenByState: ordinal, seenByMemory: ordinal })
  draft.tell({
    key: COMM_END,
    ordinal,
    source: 'WORKER',
    event_type: 'COMM_RESTORED',
    default_priority: 'INFO',
    restore: true,
    description: { pl: 'Łączność z centralą przywrócona', en: 'Contact with the panel restored' },
    happenedAt: at,
    receivedAt: at,
  })
}
