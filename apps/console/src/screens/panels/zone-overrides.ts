/** The priorities of a zone that differ from the default (spec 02), as its form shows and sends them. Pure. */
import { type EventType, eventTypes, type Priority } from '@stam/contracts'

export type Overrides = Readonly<Record<string, Priority>>
export type PriorityChoice = Priority | 'default'

/** What a zone can report that opens an alarm. */
const offered: readonly EventType[] = ['ALARM', 'TAMPER', 'TROUBLE']

/** The event types to show: the usual ones, and whatever else has been set by other means, so that nothing set is hidden. */
export function typesShown(...sets: readonly Overrides[]): EventType[] {
  return eventTypes.filter((type) => offered.includes(type) || sets.some((overrides) => type in overrides))
}

export const choiceOf = (overrides: Overrides, type: EventType): PriorityChoice => overrides[type] ?? 'default'

export function withChoice(overrides: Overrides, type: EventType, choice: PriorityChoice): Overrides {
  const { [type]: _, ...rest } = overrides
  return choice === 'default' ? rest : { ...rest, [type]: choice }
}

/** What was chosen here, put on what somebody else saved meanwhile: theirs stays wherever nothing was chosen here. */
export function rebased(base: Overrides, chosen: Overrides, fresh: Overrides): Overrides {
  return typesShown(base, chosen).reduce((result, type) => {
    const choice = choiceOf(chosen, type)
    return choice === choiceOf(base, type) ? result : withChoice(result, type, choice)
  }, fresh)
}

export const hasOwn = (overrides: Overrides): boolean => Object.keys(overrides).length > 0
