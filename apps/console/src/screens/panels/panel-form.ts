/** What the panel form holds as text, and how it becomes a request. Pure. */
import type { CreatePanelRequest, Panel, TryConnectionRequest, UpdatePanelRequest } from '@stam/contracts'

/** What happens to the integration key: it is never shown, so an edit keeps it unless told otherwise. */
export type KeyChoice = 'keep' | 'set' | 'none'

export interface PanelForm {
  name: string
  host: string
  port: string
  time_zone: string
  use: 'on' | 'off'
  key_choice: KeyChoice
  /** Typed here, sent once, never filled in from anywhere. */
  key: string
}

export const emptyPanel: PanelForm = {
  name: '',
  host: '',
  port: '7094',
  time_zone: 'Europe/Warsaw',
  use: 'on',
  key_choice: 'none',
  key: '',
}

export function formOf(panel: Panel): PanelForm {
  const { name, host, port, time_zone, enabled, has_integration_key } = panel
  return {
    name,
    host,
    port: String(port),
    time_zone,
    use: enabled ? 'on' : 'off',
    key_choice: has_integration_key ? 'keep' : 'none',
    key: '',
  }
}

/** A TCP port; NaN when the text is none. */
export function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text.trim()) ? Number(text) : Number.NaN
  return port >= 1 && port <= 65_535 ? port : Number.NaN
}

/** One to twelve visible ASCII characters (protocol 3.1). */
export const isKey = (text: string): boolean => /^[\x21-\x7e]{1,12}$/.test(text)

/** Whether the browser knows this IANA zone; the server has the last word. */
export function isTimeZone(text: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text.trim() }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

function fieldsOf(form: PanelForm) {
  return {
    name: form.name.trim(),
    host: form.host.trim(),
    port: portOf(form.port),
    enabled: form.use === 'on',
    time_zone: form.time_zone.trim(),
  }
}

export function createRequest(form: PanelForm, siteId: string): CreatePanelRequest {
  return { ...fieldsOf(form), site_id: siteId, ...(form.key_choice === 'set' ? { integration_key: form.key } : {}) }
}

export function updateRequest(form: PanelForm, version: number): UpdatePanelRequest {
  const key = form.key_choice === 'keep' ? {} : { integration_key: form.key_choice === 'set' ? form.key : null }
  return { ...fieldsOf(form), version, ...key }
}

/** What there is to try; null while address, port or key are none yet. */
export function tryRequest(
  form: Pick<PanelForm, 'host' | 'port' | 'key_choice' | 'key'>,
  panelId: string | null,
): TryConnectionRequest | null {
  const host = form.host.trim()
  const port = portOf(form.port)
  if (host === '' || /\s/.test(host) || Number.isNaN(port)) return null
  const known = { host, port, ...(panelId === null ? {} : { panel_id: panelId }) }
  if (form.key_choice === 'keep') return known
  if (form.key_choice === 'none') return { ...known, integration_key: null }
  return isKey(form.key) ? { ...known, integration_key: form.key } : null
}
