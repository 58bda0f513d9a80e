/** What the site form holds as text, and how it becomes a request. Pure. */
import type { AlarmStream, CreateSiteRequest, SiteDetail, SiteType, UpdateSiteRequest } from '@stam/contracts'

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
  contacts: { name: string; role: string; phone: string; email: string; note: string }[]
  /** `stream` is not shown yet, but kept: a procedure may be bound to one. */
  procedures: { title: string; body: string; stream: AlarmStream | null }[]
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
    contacts: form.contacts,
    procedures: form.procedures,
  }
}

export const createRequest = (form: SiteForm): CreateSiteRequest => ({ ...fieldsOf(form), time_zone: 'Europe/Warsaw' })
export const updateRequest = (form: SiteForm, version: number): UpdateSiteRequest => ({ ...fieldsOf(form), version })
