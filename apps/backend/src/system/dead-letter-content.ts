/**
 * What a person may see of a message nobody could take (spec 06): only fields known to be harmless, by name. Whatever is
 * not in the list stays hidden, because a broken message is just the one that may hold anything anywhere.
 */
import { PanelEvent } from '@stam/contracts'

export interface VisibleContent {
  readonly payload: unknown
  readonly hidden: readonly string[]
  readonly readable: boolean
}

/** Of commands and their answers, never the code; of notifications and temperatures, never the number or the text (spec 04). */
const OTHER_FIELDS = `
  command_id issued_by command_type partitions outputs zones expires_at status result_code executed_at
  notification_id alarm_id site_id priority
  device_id channel sensor_name temperature_value threshold_value temperature_unit sms_quality
`
  .trim()
  .split(/\s+/)
const SHOWN: ReadonlySet<string> = new Set([...Object.keys(PanelEvent.shape), ...OTHER_FIELDS])
/** Fields that carry, or are made of, what somebody wrote in a text message. */
const WRITTEN_BY_SENDER: ReadonlySet<string> = new Set(['raw_payload', 'object_name', 'description', 'dedup_key'])

/** @param readsRaw may read text messages as they came (`sms_raw:read`), hence also content of unknown shape. */
export function visibleContent(body: unknown, readsRaw: boolean): VisibleContent {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return { payload: readsRaw ? body : null, hidden: [], readable: false }
  }
  const fields = Object.entries(body)
  const fromSms = fields.some(([name, value]) => name === 'source' && /^SMS/i.test(String(value)))
  const shown = ([name]: readonly [string, unknown]) =>
    SHOWN.has(name) && (readsRaw || !fromSms || !WRITTEN_BY_SENDER.has(name))
  return {
    payload: Object.fromEntries(fields.filter(shown)),
    hidden: fields.filter((field) => !shown(field)).map(([name]) => name.slice(0, 60)),
    readable: true,
  }
}
