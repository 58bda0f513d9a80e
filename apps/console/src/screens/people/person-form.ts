/** What the form of a person holds, and what a conflict is about. Pure. */
import type { HumanRole, Language, UserDetail } from '@stam/contracts'

export interface PersonForm {
  readonly name: string
  readonly role: HumanRole
  readonly language: Language
}

export const formOf = ({ name, role, language }: UserDetail): PersonForm => ({ name, role, language })

/** Only what differs is sent, so that a change of the name does not carry an old role along. */
export function changesOf(before: PersonForm, form: PersonForm): Partial<PersonForm> {
  const name = form.name.trim()
  return {
    ...(name === before.name ? {} : { name }),
    ...(form.role === before.role ? {} : { role: form.role }),
    ...(form.language === before.language ? {} : { language: form.language }),
  }
}

/**
 * The form after somebody else saved `theirs` over `base`: what was typed here stays, what was not touched becomes theirs.
 */
export function mergedForm(base: PersonForm, typed: PersonForm, theirs: PersonForm): PersonForm {
  return { ...theirs, ...changesOf(base, typed) }
}

export const emailLooksRight = (email: string): boolean => /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email.trim())

/** Sites to add and to remove, for saying what a save will do. */
export function siteChanges(before: readonly string[], after: readonly string[]): { added: number; removed: number } {
  const [had, has] = [new Set(before), new Set(after)]
  return {
    added: after.filter((id) => !had.has(id)).length,
    removed: before.filter((id) => !has.has(id)).length,
  }
}
