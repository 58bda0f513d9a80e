/**
 * Somebody has been shown a secret of the highest class: an incident in everybody's queue (spec 06), so that it is not one person's word against
 * the record. It takes the door of all alarms; the same secret again within the site's duplicate window is counted on the same one.
 */
import { isoTime } from '@stam/runtime'
import { recordManualEvent } from '../alarms/record-manual-event.ts'
import type { Mutation } from '../http/mutation.ts'
import type { Reveal } from './secret-use-cases.ts'

const what = {
  PANEL_INTEGRATION_KEY: { pl: 'klucz integracji', en: 'integration key' },
  PANEL_SERVICE_CODE: { pl: 'kod serwisowy', en: 'service code' },
} as const

/** Returns the alarm it is, or is counted on. */
export async function raiseRevealIncident(mutation: Mutation, reveal: Reveal, nowMs: number): Promise<string> {
  const { kind, label, siteId, reason, entity } = reveal
  const { name } = mutation.person
  const names = kind in what ? what[kind as keyof typeof what] : { pl: 'dane poufne', en: 'secret' }
  const { alarmId } = await recordManualEvent(mutation, {
    siteId,
    priority: 'WARNING',
    description: {
      pl: `Pokazano ${names.pl}: ${label}. ${name}, powód: ${reason}`,
      en: `Shown: ${names.en} of ${label}. ${name}, reason: ${reason}`,
    },
    dedupKey: `secret|${entity[1]}|${kind}|MANUAL`,
    at: isoTime(nowMs),
  })
  return alarmId
}
