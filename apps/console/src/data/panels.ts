/** Topic: panels. REST gives the whole picture, the stream keeps it fresh; an older (epoch, version) never wins. */
import {
  type ConnectionReleaseRequest,
  ConnectionTry,
  type CreatePanelRequest,
  PanelDetail,
  PanelList,
  type PanelListItem,
  type PanelLive,
  PanelStateHistory,
  type TryConnectionRequest,
  type UpdatePanelRequest,
  type UpdateZoneRequest,
} from '@stam/contracts'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import type { z } from 'zod'
import { nameOf } from './alarms.ts'
import { http, onServerMessage, queries, realtime } from './centre.ts'
import { type Failure, failureOf, randomKey } from './http.ts'
import { learnServerTime } from './server-clock.ts'

export type {
  ConnectionTry,
  Panel,
  PanelConnection,
  PanelDetail,
  PanelLive,
  PanelListItem,
  Zone,
} from '@stam/contracts'

type PanelListAnswer = z.output<typeof PanelList>

export const usePanels = (text: string) => {
  useChannel('panels')
  return useQuery({
    queryKey: ['panels', text],
    // The stream tells of changes only; the age of an unchanged panel comes from here.
    refetchInterval: 10_000,
    queryFn: async ({ signal }) => {
      const list = await http.call('/api/panels', PanelList, { signal, query: { text, limit: 200 } })
      learnServerTime(list.now)
      return list
    },
  })
}

export const usePanel = (id: string | null) => {
  useChannel(id === null ? null : `panel:${id}`)
  return useQuery<PanelDetail>({
    queryKey: ['panel', id],
    enabled: id !== null,
    // Names come a while after the state, and nothing tells of them.
    refetchInterval: ({ state }) => (state.data?.panel.names_read_at === null ? 5_000 : 30_000),
    queryFn: async ({ signal }) => {
      const detail = await http.call(`/api/panels/${id}`, PanelDetail, { signal })
      learnServerTime(detail.now)
      return detail
    },
  })
}

/** The newest changes of partitions, for people; live state never comes from here. */
export const usePanelHistory = (id: string, version: number) =>
  useQuery({
    // A new version of the live state usually means a new line of history.
    queryKey: ['panel-history', id, version],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      http.call(`/api/panels/${id}/state-history`, PanelStateHistory, { signal, query: { limit: 20 } }),
  })

export type PanelResult =
  | { readonly ok: true; readonly id: string }
  /** Somebody else saved first: who and when, where the server says. */
  | { readonly ok: false; readonly conflict: { readonly changedBy: string | null; readonly changedAt: string | null } }
  | { readonly ok: false; readonly failure: Failure }

async function save(path: string, method: 'POST' | 'PATCH' | 'DELETE', body?: unknown): Promise<PanelResult> {
  try {
    const { panel } = await http.call(path, PanelDetail, { method, body, idempotencyKey: randomKey() })
    void queries.invalidateQueries({ queryKey: ['panels'] })
    void queries.invalidateQueries({ queryKey: ['site', panel.site_id] })
    await queries.invalidateQueries({ queryKey: ['panel', panel.id] })
    return { ok: true, id: panel.id }
  } catch (error) {
    const failure = failureOf(error)
    if (failure.kind !== 'refused' || failure.code !== 'PANEL_STALE_VERSION') return { ok: false, failure }
    const { changed_by, changed_at } = failure.details
    return {
      ok: false,
      conflict: { changedBy: nameOf(changed_by), changedAt: typeof changed_at === 'string' ? changed_at : null },
    }
  }
}

export const createPanel = (panel: CreatePanelRequest): Promise<PanelResult> => save('/api/panels', 'POST', panel)
export const updatePanel = (id: string, change: UpdatePanelRequest): Promise<PanelResult> =>
  save(`/api/panels/${id}`, 'PATCH', change)

export type TryResult =
  | { readonly ok: true; readonly answer: ConnectionTry }
  | { readonly ok: false; readonly failure: Failure }
/** A worker tries for up to 14 s, and the server waits a little longer. */
const tryTimeoutMs = 25_000

/** Whether a module answers there; nothing is kept. */
export async function tryConnection(body: TryConnectionRequest, signal: AbortSignal): Promise<TryResult> {
  try {
    const call = { method: 'POST', body, signal, timeoutMs: tryTimeoutMs } as const
    return { ok: true, answer: await http.call('/api/panels/try-connection', ConnectionTry, call) }
  } catch (error) {
    return { ok: false, failure: failureOf(error) }
  }
}

/** Which priority the events of a zone get instead of the default; the panel's version guards it. */
export const setZonePriorities = (
  id: string,
  zone: number,
  version: number,
  priority_overrides: UpdateZoneRequest['priority_overrides'],
): Promise<PanelResult> => save(`/api/panels/${id}/zones/${zone}`, 'PATCH', { version, priority_overrides })

/** Gives the link away for DLOADX for so long from now, or takes it back. */
export const releaseConnection = (id: string, request: ConnectionReleaseRequest): Promise<PanelResult> =>
  save(`/api/panels/${id}/connection-release`, 'POST', request)
export const endRelease = (id: string): Promise<PanelResult> => save(`/api/panels/${id}/connection-release`, 'DELETE')

/** Who released a link, why and until when is told by REST alone; the stream tells that something about it changed. */
const tellsOfRelease = (old: PanelLive, now: PanelLive): boolean =>
  (old.connection === 'RELEASED' || now.connection === 'RELEASED') &&
  (old.connection !== now.connection || old.connection_detail?.en !== now.connection_detail?.en)

/** True when `a` is at least as new as `b`. */
const asNew = (a: Pick<PanelLive, 'epoch' | 'version'>, b: Pick<PanelLive, 'epoch' | 'version'>): boolean =>
  a.epoch > b.epoch || (a.epoch === b.epoch && a.version >= b.version)

type LiveChange = Partial<PanelLive> & Pick<PanelLive, 'panel_id' | 'epoch' | 'version'>

/** Puts live state from the stream into what is held of the panels, once per delivered batch. Call once. */
export function followPanels(): () => void {
  let waiting = new Map<string, LiveChange>()
  const apply = (): void => {
    const changes = waiting
    waiting = new Map()
    const merged = (live: PanelLive): PanelLive => {
      const change = changes.get(live.panel_id)
      return change !== undefined && asNew(change, live) ? { ...live, ...change } : live
    }
    for (const id of changes.keys()) {
      const before = queries.getQueryData<PanelDetail>(['panel', id])?.live
      queries.setQueryData<PanelDetail>(['panel', id], (old) => old && { ...old, live: merged(old.live) })
      if (before !== undefined && tellsOfRelease(before, merged(before)))
        void queries.invalidateQueries({ queryKey: ['panel', id] })
    }
    queries.setQueriesData<PanelListAnswer>({ queryKey: ['panels'] }, (old) => {
      if (old === undefined) return old
      const item = (one: PanelListItem): PanelListItem =>
        changes.has(one.panel.id) ? { ...one, live: merged(one.live) } : one
      return { ...old, data: old.data.map(item) }
    })
  }
  return onServerMessage((message) => {
    if (message.type !== 'panel.state' && message.type !== 'panel.status') return
    const change: LiveChange = message.data
    const before = waiting.get(change.panel_id)
    if (waiting.size === 0) queueMicrotask(apply)
    if (before === undefined || asNew(change, before)) waiting.set(change.panel_id, { ...before, ...change })
  })
}

const always = ['alarms', 'system']
const wanted = new Map<string, number>()

function sendChannels(): void {
  realtime.setChannels([...always, ...wanted.keys()].slice(0, 50))
}

/** Subscribes to a channel while the component is on the screen. */
function useChannel(channel: string | null): void {
  useEffect(() => {
    if (channel === null) return
    wanted.set(channel, (wanted.get(channel) ?? 0) + 1)
    sendChannels()
    return () => {
      const left = (wanted.get(channel) ?? 1) - 1
      if (left > 0) wanted.set(channel, left)
      else wanted.delete(channel)
      sendChannels()
    }
  }, [channel])
}

sendChannels()
