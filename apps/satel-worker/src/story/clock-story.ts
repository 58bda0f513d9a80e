import type { StoryLimits } from './panel-facts.ts'
import type { StoryDraft } from './story-draft.ts'

const DRIFT = 'clock:drift'
const DRIFT_END = 'clock:drift:end'
/** Readings in a row before anything is said: one slow answer is no drift. */
const STRIKES = 2
/** Once reported, over only well below the limit, so that a clock at the edge does not flutter. */
const OVER_SHARE = 2 / 3

/** A panel whose clock is wrong dates its event memory wrongly: reported beyond the limit, and when it is right again. */
export function onClock(draft: StoryDraft, drift: number | undefined, at: number, limits: StoryLimits): void {
  const { clock } = draft.knowledge
  if (drift === undefined) return
  const error = Math.abs(drift)
  const differs = clock.told ? error < limits.driftLimitMs * OVER_SHARE : error > limits.driftLimitMs
  const strikes = differs ? clock.strikes + 1 : 0
  const tells = strikes >= STRIKES
  draft.change({ clock: { drift, strikes: tells ? 0 : strikes, told: tells ? !clock.told : clock.told } })
  if (!tells) return
  if (clock.told) tellRight(draft, at)
  else tellWrong(draft, drift, at)
}

function tellWrong(draft: StoryDraft, drift: number, at: number): void {
  const ordinal = draft.nextOrdinal(DRIFT, false)
  draft.setSignal(DRIFT, { ...draft.signal(DRIFT), ordinal, seenByState: ordinal, seenByMemory: ordinal, active: true })
  const seconds = Math.round(Math.abs(drift) / 1000)
  draft.tell({
    key: DRIFT,
    ordinal,
    source: 'WORKER',
    event_type: 'TROUBLE',
    default_priority: 'WARNING',
    restore: false,
    description:
      drift > 0
        ? { pl: `Zegar centrali spieszy się o ${seconds} s`, en: `Panel clock is ${seconds} s fast` }
        : { pl: `Zegar centrali spóźnia się o ${seconds} s`, en: `Panel clock is ${seconds} s slow` },
    happenedAt: at,
    receivedAt: at,
  })
}

function tellRight(draft: StoryDraft, at: number): void {
  const ordinal = draft.nextOrdinal(DRIFT_END, false)
  draft.setSignal(DRIFT, { ...draft.signal(DRIFT), active: false })
  draft.setSignal(DRIFT_END, { ...draft.signal(DRIFT_END), ordinal, seenByState: ordinal, seenByMemory: ordinal })
  draft.tell({
    key: DRIFT_END,
    ordinal,
    source: 'WORKER',
    event_type: 'RESTORE',
    default_priority: 'INFO',
    restore: true,
    description: { pl: 'Zegar centrali znów dokładny', en: 'Panel clock is right again' },
    happenedAt: at,
    receivedAt: at,
  })
}
