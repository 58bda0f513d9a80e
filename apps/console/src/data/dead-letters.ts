/** Topic: messages no consumer could take. Nothing tells of them live but their number in the system status. */
import { DeadLetterDetail, DeadLetterList, type DeadLettersActed, DeadLettersActed as Acted } from '@stam/contracts'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { http, queries } from './centre.ts'
import { type Failure, failureOf } from './http.ts'

export type { DeadLetter, DeadLetterDetail } from '@stam/contracts'
export { DEAD_LETTERS_AT_ONCE } from '@stam/contracts'

const KEY = 'dead-letters'

/** @param count of the system status: another number means another list. */
export const useDeadLetters = (count: number | null) =>
  useQuery({
    queryKey: [KEY, count],
    placeholderData: keepPreviousData,
    refetchInterval: 15_000,
    queryFn: ({ signal }) => http.call('/api/system/dead-letters', DeadLetterList, { signal, query: { limit: 200 } }),
  })

export const useDeadLetter = (id: string) =>
  useQuery<DeadLetterDetail>({
    queryKey: ['dead-letter', id],
    // Every look is on record: only one that somebody asked for.
    refetchOnWindowFocus: false,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) =>
      http.call(`/api/system/dead-letters/${encodeURIComponent(id)}`, DeadLetterDetail, { signal }),
  })

export type DeadLetterAct = 'replay' | 'discard'
export type ActResult =
  | { readonly ok: true; readonly results: DeadLettersActed['results'] }
  | { readonly ok: false; readonly failure: Failure }

export async function settleDeadLetters(
  act: DeadLetterAct,
  ids: readonly string[],
  reason: string,
): Promise<ActResult> {
  try {
    const { results } = await http.call(`/api/system/dead-letters/${act}`, Acted, {
      method: 'POST',
      body: { ids, reason },
      timeoutMs: 20_000,
    })
    return { ok: true, results }
  } catch (error) {
    return { ok: false, failure: failureOf(error) }
  } finally {
    void queries.invalidateQueries({ queryKey: [KEY] })
  }
}
