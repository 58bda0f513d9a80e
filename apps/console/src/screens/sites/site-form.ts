/** What the site form holds as text, and how it becomes a request. Pure. */
import {
  type AlarmStream,
  type CreateSiteRequest,
  type SiteDetail,
  SiteSettings,
  type SiteType,
  type UpdateSiteRequest,
} from '@stam/contracts'

/** Times in the unit people set them in, as text. */
export interface SettingsForm {
  bundle_min: string
  duplicate_s: string
  warning_close_h: string
  info_close_h: string
  /** Empty = the clock acknowledges nothing. */
  info_ack_min: string
  retrigger: 'on' | 'off'
  unauthorized: 'WARNING' | 'CRITICAL'
}

/** Least, most (in the unit of the field), seconds in one, and whether it may be left empty. */
export const settingRules = {
  bundle_min: { least: 1, most: 1440, unit: 60, optional: false },
  duplicate_s: { least: 1, most: 3600, unit: 1, optional: false },
  warning_close_h: { least: 1 / 6, most: 168, unit: 3600, optional: false },
  info_close_h: { least: 1 / 6, most: 168, unit: 3600, optional: false },
  info_ack_min: { least: 1, most: 10_080, unit: 60, optional: true },
} as const
export type TimeSetting = keyof typeof settingRules

export interface SiteForm {
  code: string
  name: string
  type: SiteType
  address_line: string
  postal_code: string
  city: string
  latitude: string
  longitude: string
  notes: string
  settings: SettingsForm
  contacts: { name: string; role: string; phone: string; email: string; note: string }[]
  /** `stream` is not shown yet, but kept: a procedure may be bound to one. */
  procedures: { title: string; body: string; stream: AlarmStream | null }[]
}

export function settingsForm(settings: SiteSettings): SettingsForm {
  const text = (seconds: number, name: TimeSetting) => String(Number((seconds / settingRules[name].unit).toFixed(4)))
  return {
    bundle_min: text(settings.bundle_window_s, 'bundle_min'),
    duplicate_s: text(settings.duplicate_window_s, 'duplicate_s'),
    warning_close_h: text(settings.warning_auto_close_s, 'warning_close_h'),
    info_close_h: text(settings.info_auto_close_s, 'info_close_h'),
    info_ack_min: settings.info_auto_ack_s === null ? '' : text(settings.info_auto_ack_s, 'info_ack_min'),
    retrigger: settings.retrigger ? 'on' : 'off',
    unauthorized: settings.unauthorized_critical ? 'CRITICAL' : 'WARNING',
  }
}

/** Whole seconds; null = left empty where it may be; NaN = no number, or out of range. Comma or point. */
export function secondsOf(text: string, name: TimeSetting): number | null {
  const { least, most, unit, optional } = settingRules[name]
  const trimmed = text.trim().replace(',', '.')
  if (trimmed === '') return optional ? null : Number.NaN
  const value = Number(trimmed)
  return value >= least && value <= most ? Math.round(value * unit) : Number.NaN
}

function settingsOf(form: SettingsForm) {
  const seconds = (name: Exclude<TimeSetting, 'info_ack_min'>) => secondsOf(form[name], name) ?? Number.NaN
  return {
    bundle_window_s: seconds('bundle_min'),
    duplicate_window_s: seconds('duplicate_s'),
    warning_auto_close_s: seconds('warning_close_h'),
    info_auto_close_s: seconds('info_close_h'),
    info_auto_ack_s: secondsOf(form.info_ack_min, 'info_ack_min'),
    retrigger: form.retrigger === 'on',
    unauthorized_critical: form.unauthorized === 'CRITICAL',
  }
}

export const emptySite: SiteForm = {
  code: '',
  name: '',
  type: 'SHOP',
  address_line: '',
  postal_code: '',
  city: '',
  latitude: '',
  longitude: '',
  notes: '',
  settings: settingsForm(SiteSettings.parse({})),
  contacts: [],
  procedures: [],
}
export const emptyContact: SiteForm['contacts'][number] = { name: '', role: '', phone: '', email: '', note: '' }
export const emptyProcedure: SiteForm['procedures'][number] = { title: '', body: '', stream: null }

export function formOf({ site, contacts, procedures }: SiteDetail): SiteForm {
  const { code, name, type, address_line, postal_code, city, notes } = site
  return {
    code,
    name,
    type,
    address_line,
    postal_code,
    city,
    notes,
    settings: settingsForm(site.settings),
    latitude: site.latitude === null ? '' : String(site.latitude),
    longitude: site.longitude === null ? '' : String(site.longitude),
    contacts: contacts.map((contact) => ({
      name: contact.name,
      role: contact.role,
      phone: contact.phone,
      email: contact.email,
      note: contact.note,
    })),
    procedures: procedures.map(({ title, body, stream }) => ({ title, body, stream })),
  }
}

/** Degrees with a comma or a point; empty = unknown (null); NaN = not a number or out of range. */
export function degrees(text: string, limit: 90 | 180): number | null {
  const trimmed = text.trim().replace(',', '.')
  if (trimmed === '') return null
  const value = Number(trimmed)
  return Number.isFinite(value) && Math.abs(value) <= limit ? value : Number.NaN
}

function fieldsOf(form: SiteForm) {
  return {
    code: form.code.trim(),
    name: form.name.trim(),
    type: form.type,
    address_line: form.address_line.trim(),
    postal_code: form.postal_code.trim(),
    city: form.city.trim(),
    latitude: degrees(form.latitude, 90),
    longitude: degrees(form.longitude, 180),
    notes: form.notes.trim(),
    settings: settingsOf(form.settings),
    contacts: form.contacts,
    procedures: form.procedures,
  }
}

export const createRequest = (form: SiteForm): CreateSiteRequest => ({ ...fieldsOf(form), time_zone: 'Europe/Warsaw' })
export const updateRequest = (form: SiteForm, version: number): UpdateSiteRequest => ({ ...fieldsOf(form), version })
