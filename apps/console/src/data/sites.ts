/** Topic: sites. */
import { Site, SiteDetail, SiteList, type CreateSiteRequest, type UpdateSiteRequest } from '@stam/contracts'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { z } from 'zod'
import { nameOf } from './alarms.ts'
import { http, onServerMessage, queries } from './centre.ts'
import { type Failure, failureOf, randomKey } from './http.ts'

export type { Site, SiteDetail, SiteMode, SiteType } from '@stam/contracts'
export type { CreateSiteRequest, UpdateSiteRequest } from '@stam/contracts'

export interface SiteFilter {
  readonly text: string
  readonly mode: 'all' | 'service' | 'test'
  readonly page: number
}

export const useSites = (filter: SiteFilter) =>
  useQuery({
    queryKey: ['sites', filter],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      http.call('/api/sites', SiteList, {
        signal,
        query: {
          text: filter.text,
          mode: filter.mode === 'all' ? undefined : filter.mode,
          page: filter.page,
          limit: 50,
        },
      }),
  })

/** A few sites by text, for the command palette and the choice of a site. */
export const searchSites = (text: string, signal: AbortSignal): Promise<Site[]> =>
  http.call('/api/sites', SiteList, { signal, query: { text, limit: 8 } }).then((list) => list.data)

export const useSite = (id: string) =>
  useQuery({ queryKey: ['site', id], queryFn: ({ signal }) => http.call(`/api/sites/${id}`, SiteDetail, { signal }) })

export type SiteResult =
  | { readonly ok: true; readonly id: string }
  /** Somebody else saved first: their version, and who and when where the server says. */
  | {
      readonly ok: false
      readonly conflict: {
        readonly version: number | null
        readonly changedBy: string | null
        readonly changedAt: string | null
      }
    }
  | { readonly ok: false; readonly failure: Failure }

/** The mutation's answer is the site, bare or with its parts. */
const Saved = z.union([SiteDetail.transform((detail) => detail.site), Site])

async function save(path: string, method: 'POST' | 'PATCH', body: unknown): Promise<SiteResult> {
  try {
    const site = await http.call(path, Saved, { method, body, idempotencyKey: randomKey() })
    void queries.invalidateQueries({ queryKey: ['sites'] })
    await queries.invalidateQueries({ queryKey: ['site', site.id] })
    return { ok: true, id: site.id }
  } catch (error) {
    const failure = failureOf(error)
    if (failure.kind !== 'refused' || failure.code !== 'SITE_STALE_VERSION') return { ok: false, failure }
    const { version, changed_by, changed_at } = failure.details
    return {
      ok: false,
      conflict: {
        version: typeof version === 'number' ? version : null,
        changedBy: nameOf(changed_by),
        changedAt: typeof changed_at === 'string' ? changed_at : null,
      },
    }
  }
}

export const createSite = (site: CreateSiteRequest): Promise<SiteResult> => save('/api/sites', 'POST', site)
export const updateSite = (id: string, change: UpdateSiteRequest): Promise<SiteResult> =>
  save(`/api/sites/${id}`, 'PATCH', change)

export interface ModeChange {
  readonly mode: 'service' | 'test'
  readonly version: number
  readonly active: boolean
  readonly reason?: string
  readonly until?: string | null
}
export const setSiteMode = (id: string, { mode, ...body }: ModeChange): Promise<SiteResult> =>
  save(`/api/sites/${id}/${mode}-mode`, 'POST', body)

/** Another operator changed a site: what we hold of it is read again. Call once. */
export const followSites = (): (() => void) =>
  onServerMessage((message) => {
    if (message.type !== 'site.updated') return
    void queries.invalidateQueries({ queryKey: ['site', message.data.site_id] })
    void queries.invalidateQueries({ queryKey: ['sites'] })
  })
