/** Topic: the audit record — who did what, and whether the record is whole. */
import { AuditChain, AuditList, type AuditEntry } from '@stam/contracts'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { http } from './centre.ts'
import { type Failure, failureOf } from './http.ts'

export type { AuditChain, AuditEntry } from '@stam/contracts'

/** Filters of the API, as they go into the address. */
export interface AuditQuery {
  readonly entry?: number
  readonly action?: string
  readonly entity_type?: string
  readonly entity_id?: string
  readonly actor_id?: string
  readonly site_id?: string
  readonly request_id?: string
  readonly from?: string
  readonly to?: string
}

const PAGE = 100

/** Newest first, page after page. `key` names the question; `ask` says it, with the clock of the moment. */
export const useAudit = (key: string, ask: () => AuditQuery, pageSize = PAGE) =>
  useInfiniteQuery({
    queryKey: ['audit', key, pageSize],
    initialPageParam: '',
    // What was read stays as it was read until somebody asks again: entries are never changed.
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    queryFn: ({ signal, pageParam }) =>
      http.call('/api/audit', AuditList, { signal, query: { ...ask(), after: pageParam, limit: pageSize } }),
    getNextPageParam: (page) => page.next ?? undefined,
  })

/** What one person did lately. */
export const useActsOf = (actorId: string, enabled: boolean) =>
  useQuery({
    queryKey: ['audit', 'acts-of', actorId],
    enabled,
    queryFn: ({ signal }): Promise<AuditEntry[]> =>
      http.call('/api/audit', AuditList, { signal, query: { actor_id: actorId, limit: 8 } }).then(({ data }) => data),
  })

/** The walk reads the whole record, so it has more time than other questions. */
export const useAuditChain = () =>
  useQuery({
    queryKey: ['audit-chain'],
    staleTime: 60_000,
    refetchOnWindowFocus: false,
    queryFn: ({ signal }) => http.call('/api/audit/chain', AuditChain, { signal, timeoutMs: 120_000 }),
  })

export async function exportAudit(
  query: AuditQuery,
): Promise<{ readonly ok: true; readonly csv: string } | { readonly ok: false; readonly failure: Failure }> {
  try {
    return { ok: true, csv: await http.text('/api/audit/export', { query: { ...query }, timeoutMs: 60_000 }) }
  } catch (error) {
    return { ok: false, failure: failureOf(error) }
  }
}
