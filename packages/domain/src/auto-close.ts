import type { AlarmStatus, Priority, SiteSettings } from '@stam/contracts'

export interface QuietAlarm {
  readonly status: AlarmStatus
  readonly priority: Priority
  readonly test_mode: boolean
  /** When an event last joined or repeated, milliseconds since 1970 (time of receipt). */
  readonly last_active: number
}

type AutoCloseSettings = Pick<SiteSettings, 'warning_auto_close_s' | 'info_auto_close_s' | 'bundle_window_s'>

/**
 * When the alarm closes by itself if nothing happens until then, milliseconds since 1970; null = never by itself.
 * Only NEW alarms: what somebody has touched is closed by somebody. CRITICAL never, but for a site on test.
 */
export function autoCloseAt(alarm: QuietAlarm, settings: AutoCloseSettings): number | null {
  if (alarm.status !== 'NEW') return null
  // Once the bundle window is over no event can join a test alarm any more, so it has said what it had to say.
  if (alarm.test_mode) return alarm.last_active + settings.bundle_window_s * 1000
  if (alarm.priority === 'CRITICAL') return null
  const seconds = alarm.priority === 'WARNING' ? settings.warning_auto_close_s : settings.info_auto_close_s
  return alarm.last_active + seconds * 1000
}

export function autoCloseDue(alarm: QuietAlarm, settings: AutoCloseSettings, now: number): boolean {
  const at = autoCloseAt(alarm, settings)
  return at !== null && now >= at
}

/** When an INFO alarm nobody took counts as known without anybody; null = never. A drill closes by itself and needs no acknowledgement. */
export function autoAckAt(alarm: QuietAlarm, settings: Pick<SiteSettings, 'info_auto_ack_s'>): number | null {
  if (alarm.status !== 'NEW' || alarm.priority !== 'INFO' || alarm.test_mode) return null
  return settings.info_auto_ack_s === null ? null : alarm.last_active + settings.info_auto_ack_s * 1000
}

export function autoAckDue(alarm: QuietAlarm, settings: Pick<SiteSettings, 'info_auto_ack_s'>, now: number): boolean {
  const at = autoAckAt(alarm, settings)
  return at !== null && now >= at
}
