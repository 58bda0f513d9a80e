/** Values of the audit record as a person reads them: words, moments, yes and no; anything else as it is written. Pure. */
import type { Language, Text } from '@stam/contracts'
import { alarmStatusText, eventTypeText, priorityText, roleText, secretClassText, secretKindText } from '@stam/domain'
import { moment } from '../../texts/time.ts'
import { fieldText } from './audit-words.ts'

const words: Readonly<Record<string, Readonly<Record<string, Text>>>> = {
  role: roleText,
  kind: secretKindText,
  class: secretClassText,
  priority: priorityText,
  language: { pl: { pl: 'polski', en: 'Polish' }, en: { pl: 'angielski', en: 'English' } },
}
const yes: Text = { pl: 'tak', en: 'yes' }
const no: Text = { pl: 'nie', en: 'no' }
const nothing: Text = { pl: 'brak', en: 'none' }
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/

const lastOf = (path: string): string => path.split('.').at(-1) ?? path

export function valueText(path: string, value: unknown, now: number, language: Language): string {
  const name = lastOf(path)
  if (value === null || value === undefined || value === '') return nothing[language]
  if (typeof value === 'boolean') return (value ? yes : no)[language]
  if (Array.isArray(value))
    return value.length === 0 ? nothing[language] : value.map((one) => valueText(path, one, now, language)).join(', ')
  if (typeof value === 'object' && Object.keys(value).length === 0) return nothing[language]
  if (typeof value === 'object') return JSON.stringify(value)
  const text = String(value)
  if (path.includes('priority_overrides.')) return (priorityText as Record<string, Text>)[text]?.[language] ?? text
  const known = words[name]?.[text] ?? (name === 'status' ? (alarmStatusText as Record<string, Text>)[text] : undefined)
  if (known !== undefined) return known[language]
  return instant.test(text) ? moment(Date.parse(text), now, language) : text
}

/** `contacts.0.phone` → `Kontakty 1 · Telefon`. */
export function fieldWords(path: string, language: Language): string {
  return path
    .split('.')
    .reduce<string[]>((parts, part) => {
      const last = parts.at(-1)
      if (/^\d+$/.test(part) && last !== undefined) return [...parts.slice(0, -1), `${last} ${Number(part) + 1}`]
      return [
        ...parts,
        (fieldText[part] ?? (eventTypeText as Record<string, Text>)[part])?.[language] ?? part.replaceAll('_', ' '),
      ]
    }, [])
    .join(' · ')
}
