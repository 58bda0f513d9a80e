/** Topic: alarms. Types, subscriptions and actions; screens use nothing below this. */
import {
  AlarmChanged,
  AlarmDetail,
  AlarmList,
  AlarmSummary,
  type Disposition,
  type Priority,
  Presented,
} from '@stam/contracts'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useState } from 'react'
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import { board, boardChanged, boardRevision, http, loader, onBoardChange, queries } from './centre.ts'
import { type Failure, failureOf, randomKey } from './http.ts'

export type { AlarmAction, AlarmDetail, AlarmSummary, Disposition, Priority } from '@stam/contracts'

/** The board, re-read after each batch of changes. */
export function useBoard(): typeof board {
  useStore(boardRevision)
  return board
}

/** Open alarms, newest first; the same array until something changes. */
export const useBoardAlarms = (): readonly AlarmSummary[] => useStore(boardRevision, () => board.all())

export const useListLoading = (): ReturnType<typeof loader.store.getState> => useStore(loader.store)
export const reloadList = (): void => loader.reload()

export function useAlarm(id: string | undefined): AlarmSummary | undefined {
  return useStore(boardRevision, () => (id === undefined ? undefined : board.get(id)))
}

const detailKey = (id: string): readonly unknown[] => ['alarm', id]

/** Opening alarms faster than this is leafing through them; only the one that is stayed at is read from the server. */
const leafingMs = 250
let openedAt = 0

/** True at once, or after a moment when alarms are being leafed through. */
function useStayedAt(id: string): boolean {
  const [stayed, setStayed] = useState<string | null>(() => (Date.now() - openedAt > leafingMs ? id : null))
  useEffect(() => {
    openedAt = Date.now()
    const timer = setTimeout(() => setStayed(id), leafingMs)
    return () => clearTimeout(timer)
  }, [id])
  return stayed === id
}

/** The first change is followed soon, a stream of them every few seconds: the row itself is live anyway. */
const followSoonMs = 400
const followAgainMs = 3_000

/** Everything on one alarm, read again when the stream brings a newer version of it. */
export function useAlarmDetail(id: string): ReturnType<typeof useQuery<AlarmDetail>> {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    let followedAt = 0
    const follow = (): void => {
      timer = undefined
      followedAt = Date.now()
      void queries.invalidateQueries({ queryKey: detailKey(id) })
    }
    const stop = onBoardChange(({ changed }) => {
      if (timer !== undefined || !changed.some((alarm) => alarm.id === id)) return
      timer = setTimeout(follow, Math.max(followSoonMs, followedAt + followAgainMs - Date.now()))
    })
    return () => {
      clearTimeout(timer)
      stop()
    }
  }, [id])
  return useQuery({
    queryKey: detailKey(id),
    enabled: useStayedAt(id),
    queryFn: ({ signal }) => http.call(`/api/alarms/${id}`, AlarmDetail, { signal }),
  })
}

/** Closed alarms, newest first, page by page (keyset). */
export function useClosedAlarms(
  filter: { text: string; priorities: readonly Priority[]; siteId?: string },
  enabled: boolean,
) {
  const query = useInfiniteQuery({
    queryKey: ['closed-alarms', filter],
    enabled,
    initialPageParam: null as string | null,
    getNextPageParam: (page: AlarmList) => page.next,
    queryFn: ({ pageParam, signal }) =>
      http.call('/api/alarms', AlarmList, {
        signal,
        query: {
          status: 'CLOSED',
          limit: 50,
          sort: 'newest',
          test: 'all',
          text: filter.text.slice(0, 100),
          priority: filter.priorities.join(','),
          site_id: filter.siteId,
          after: pageParam ?? undefined,
        },
      }),
  })
  const alarms = useMemo(() => query.data?.pages.flatMap((page) => page.data) ?? [], [query.data])
  return { ...query, alarms }
}

export type AlarmCommand =
  | { readonly type: 'claim' | 'release' | 'take_over' }
  | { readonly type: 'ack' | 'resolve' | 'note'; readonly note: string }
  | { readonly type: 'close'; readonly note: string; readonly disposition: Disposition }

/** What a refused action tells: who changed the alarm, when, and how it is now. */
export interface Conflict {
  readonly code: string
  readonly current: AlarmSummary | null
  readonly changedBy: string | null
  readonly changedAt: string | null
}
export type ActionResult =
  | { readonly ok: true; readonly alarm: AlarmSummary }
  | { readonly ok: false; readonly conflict: Conflict }
  | { readonly ok: false; readonly failure: Failure }

/** Actions on their way to the server, by alarm: what the row and the button show as "claiming…". */
export const underWay = createStore<{ readonly actions: ReadonlyMap<string, AlarmCommand['type']> }>(() => ({
  actions: new Map(),
}))

export const useUnderWay = (alarmId: string): AlarmCommand['type'] | undefined =>
  useStore(underWay, (state) => state.actions.get(alarmId))

/** Why the last action on an alarm did not happen, from wherever it was pressed; shown in the alarm until dismissed. */
export type Refusal = { readonly conflict: Conflict } | { readonly failure: Failure }
const refusals = createStore<Readonly<Record<string, Refusal>>>(() => ({}))
export const useRefusal = (alarmId: string): Refusal | undefined => useStore(refusals, (all) => all[alarmId])

export function dismissRefusal(alarmId: string): void {
  refusals.setState(({ [alarmId]: _, ...rest }) => rest, true)
}

const pathOf: Record<AlarmCommand['type'], string> = {
  claim: 'claim',
  release: 'release',
  take_over: 'take-over',
  ack: 'ack',
  resolve: 'resolve',
  close: 'close',
  note: 'note',
}

/** Sends one command on the version the operator saw. Never throws; the board shows the answer at once. */
export async function act(alarm: Pick<AlarmSummary, 'id' | 'version'>, command: AlarmCommand): Promise<ActionResult> {
  mark(alarm.id, command.type)
  dismissRefusal(alarm.id)
  const result = await send(alarm, command)
  // Whatever happened, what we show may be old.
  void queries.invalidateQueries({ queryKey: detailKey(alarm.id) })
  if (!result.ok) refusals.setState({ [alarm.id]: result })
  mark(alarm.id, undefined)
  return result
}

async function send(
  alarm: Pick<AlarmSummary, 'id' | 'version'>,
  { type, ...rest }: AlarmCommand,
): Promise<ActionResult> {
  const body = { version: alarm.version, ...withoutEmptyNote(rest) }
  try {
    const path = `/api/alarms/${alarm.id}/${pathOf[type]}`
    const answer = await http.call(path, AlarmChanged, { method: 'POST', body, idempotencyKey: randomKey() })
    boardChanged(board.live([answer.alarm], Date.now()))
    return { ok: true, alarm: answer.alarm }
  } catch (error) {
    const failure = failureOf(error)
    if (failure.kind !== 'refused' || failure.status !== 409) return { ok: false, failure }
    return { ok: false, conflict: conflictOf(failure.code, failure.details) }
  }
}

function withoutEmptyNote<T extends { readonly note?: string }>(body: T): T | Omit<T, 'note'> {
  if (body.note === undefined || body.note.trim() !== '') return body
  const { note: _, ...rest } = body
  return rest
}

function conflictOf(code: string, details: Record<string, unknown>): Conflict {
  const parsed = AlarmSummary.safeParse(details['current'])
  const current = parsed.success ? parsed.data : null
  if (current !== null) boardChanged(board.live([current], Date.now()))
  // The loser of a claim is told the handler and the time of the claim; everybody else the last change.
  const by = nameOf(details['handler']) ?? nameOf(details['changed_by']) ?? current?.handler?.name ?? null
  const at = details['claimed_at'] ?? details['changed_at']
  return { code, current, changedBy: by, changedAt: typeof at === 'string' ? at : null }
}

/** A person as the server tells of one: a name, or somebody with a name. */
export function nameOf(person: unknown): string | null {
  if (typeof person === 'string') return person
  return typeof person === 'object' && person !== null && 'name' in person && typeof person.name === 'string'
    ? person.name
    : null
}

function mark(id: string, type: AlarmCommand['type'] | undefined): void {
  underWay.setState(({ actions }) => {
    const next = new Map(actions)
    if (type === undefined) next.delete(id)
    else next.set(id, type)
    return { actions: next }
  })
}

export async function raiseManualAlarm(input: {
  site_id: string
  priority: Priority
  description: string
}): Promise<ActionResult> {
  try {
    const answer = await http.call('/api/alarms', AlarmChanged, {
      method: 'POST',
      body: input,
      idempotencyKey: randomKey(),
    })
    boardChanged(board.live([answer.alarm], Date.now()))
    return { ok: true, alarm: answer.alarm }
  } catch (error) {
    return { ok: false, failure: failureOf(error) }
  }
}

const presented = new Set<string>()
let presenting: string[] = []
let presentTimer: ReturnType<typeof setTimeout> | undefined
let presentedAt = 0
const presentSoonMs = 250
/** In a flood one report carries many: the server allows a limited number of requests. */
const presentAgainMs = 2_000
const presentMost = 500

/**
 * Tells the centre that a new alarm has been drawn in a visible window (design, flow 1 step 6). Each alarm once; a report
 * that does not get through is made again when the alarm is drawn again.
 */
export function reportPresented(ids: readonly string[]): void {
  if (document.hidden) return
  for (const id of ids) {
    if (presented.has(id)) continue
    presented.add(id)
    presenting.push(id)
  }
  if (presenting.length > 0)
    presentTimer ??= setTimeout(sendPresented, Math.max(presentSoonMs, presentedAt + presentAgainMs - Date.now()))
}

function sendPresented(): void {
  presentTimer = undefined
  presentedAt = Date.now()
  const alarm_ids = presenting.slice(0, presentMost)
  presenting = presenting.slice(presentMost)
  http.call('/api/alarms/presented', Presented, { method: 'POST', body: { alarm_ids } }).catch(() => {
    for (const id of alarm_ids) presented.delete(id)
  })
  if (presenting.length > 0) presentTimer = setTimeout(sendPresented, presentAgainMs)
}

export { onBoardChange } from './centre.ts'
