/** Topic: secrets of a site. Values pass through here and are kept nowhere: no cache, no store. */
import {
  RevealedSecret,
  SecretList,
  SecretRecord,
  type CreateSecretRequest,
  type ReplaceSecretRequest,
} from '@stam/contracts'
import { useQuery } from '@tanstack/react-query'
import { http, queries } from './centre.ts'
import { type Failure, failureOf } from './http.ts'

export type { SecretKind, SecretRecord } from '@stam/contracts'
export type NewSecret = CreateSecretRequest

export const useSecrets = (siteId: string) =>
  useQuery({
    queryKey: ['secrets', siteId],
    queryFn: ({ signal }) =>
      http.call(`/api/sites/${siteId}/secrets`, SecretList, { signal }).then((list) => list.data),
  })

export type SecretResult<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly failure: Failure }

async function asked<Value>(work: Promise<Value>, siteId?: string): Promise<SecretResult<Value>> {
  try {
    const value = await work
    if (siteId !== undefined) await queries.invalidateQueries({ queryKey: ['secrets', siteId] })
    return { ok: true, value }
  } catch (error) {
    return { ok: false, failure: failureOf(error) }
  }
}

/** The value, until `expires_at`; whoever shows it wipes it then. */
export const revealSecret = ({ kind, id }: SecretRecord, reason: string): Promise<SecretResult<RevealedSecret>> => {
  const path = kind === 'PANEL_INTEGRATION_KEY' ? `panel-integration-key/${id}` : id
  return asked(http.call(`/api/secrets/${path}/reveal`, RevealedSecret, { method: 'POST', body: { reason } }))
}

export const keepSecret = (siteId: string, body: NewSecret): Promise<SecretResult<SecretRecord>> =>
  asked(http.call(`/api/sites/${siteId}/secrets`, SecretRecord, { method: 'POST', body }), siteId)
export const replaceSecret = (
  { id, site_id }: SecretRecord,
  body: ReplaceSecretRequest,
): Promise<SecretResult<SecretRecord>> =>
  asked(http.call(`/api/secrets/${id}`, SecretRecord, { method: 'PUT', body }), site_id)
export const removeSecret = ({ id, site_id, version }: SecretRecord): Promise<SecretResult<void>> =>
  asked(http.send(`/api/secrets/${id}`, { method: 'DELETE', query: { version } }), site_id)
