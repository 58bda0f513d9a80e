/** What people may ask about alarms: the list, one alarm with everything around it, its events. */
import {
  type AlarmDetail,
  type AlarmList,
  type AlarmListQuery,
  AlarmStatus,
  AlarmStream,
  type EventList,
  type EventListQuery,
  alarmStatuses,
  alarmStreams,
  Priority,
  priorities,
} from '@stam/contracts'
import {
  type AlarmFilter,
  alarmSite,
  alarmTransitions,
  countOpenAlarms,
  findAlarm,
  listAlarms,
  listEvents,
  procedureFor,
  recentAlarms,
} from '@stam/store'
import { z } from 'zod'
import type { Backend } from '../backend.ts'
import { cursorOf, limitOf } from '../http/cursor.ts'
import { done, type Outcome, Problem, refuse } from '../http/problem.ts'
import type { Person } from '../identity/principals.ts'
import { allowedFor } from './allowed-for.ts'

const position = z.object({ rank: z.int().min(0).max(2), createdAt: z.iso.datetime(), id: z.uuid() })
const cursors = { newest: cursorOf('alarms:newest', position), priority: cursorOf('alarms:priority', position) }
const eventPosition = z.object({ receivedAt: z.iso.datetime(), eventId: z.uuid() })
const eventCursors = {
  newest: cursorOf('events:newest', eventPosition),
  oldest: cursorOf('events:oldest', eventPosition),
}

const EVENTS_IN_DETAIL = 200
const RECENT_ALARMS = 10
const MOST_EVENTS = 500

export async function alarmList({ store }: Backend, person: Person, query: AlarmListQuery): Promise<AlarmList> {
  const { limit, limit_cut } = limitOf(query.limit)
  const after = cursors[query.sort].read(query.after)
  const filter = filterOf(query, person)
  const [page, counts] = await Promise.all([
    listAlarms(store, filter, { sort: query.sort, after, limit }),
    countOpenAlarms(store, person.scope),
  ])
  return {
    data: page.alarms,
    next: page.next && cursors[query.sort].write(page.next),
    limit,
    limit_cut,
    stream_position: page.streamPosition,
    counts,
  }
}

function filterOf(query: AlarmListQuery, person: Person): AlarmFilter {
  return {
    scope: person.scope,
    statuses: wordsOf(
      'status',
      query.status,
      AlarmStatus,
      alarmStatuses.filter((status) => status !== 'CLOSED'),
    ),
    priorities: wordsOf('priority', query.priority, Priority, priorities),
    streams: wordsOf('stream', query.stream, AlarmStream, alarmStreams),
    siteId: query.site_id,
    assignee: query.assignee === 'me' ? person.userId : query.assignee,
    from: query.from,
    to: query.to,
    text: query.text,
    test: query.test,
  }
}

/** A comma-separated list of known words; nothing given = the fallback. */
function wordsOf<Word extends string>(
  name: string,
  text: string | undefined,
  schema: z.ZodType<Word>,
  fallback: readonly Word[],
): readonly Word[] {
  const parts = (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
  if (parts.length === 0) return fallback
  const parsed = z.array(schema).safeParse([...new Set(parts)])
  if (parsed.success) return parsed.data
  throw new Problem('INVALID_REQUEST', {
    issues: [
      {
        path: `querystring.${name}`,
        code: 'invalid_value',
        message: `a comma-separated list of: ${fallback.join(', ')} …`,
      },
    ],
  })
}

export async function alarmDetail({ store }: Backend, person: Person, id: string): Promise<Outcome<AlarmDetail>> {
  const alarm = await findAlarm(store, id, person.scope)
  if (!alarm) return refuse('ALARM_NOT_FOUND')
  const siteId = alarm.site.id
  const [site, procedure, events, transitions, recent, allowed] = await Promise.all([
    alarmSite(store, siteId),
    procedureFor(store, siteId, alarm.stream),
    listEvents(store, { scope: person.scope, alarmId: id }, { order: 'newest', after: null, limit: EVENTS_IN_DETAIL }),
    alarmTransitions(store, id),
    recentAlarms(store, siteId, RECENT_ALARMS, id),
    allowedFor(store, alarm, person),
  ])
  return done({
    alarm,
    site,
    procedure,
    events: events.events,
    events_truncated: events.next !== null,
    transitions,
    recent_alarms: recent,
    allowed_actions: allowed,
  })
}

/** Events in order of receipt; every signal is a row, repeats too, so an engineer can reconcile them with the panel. */
export async function eventList({ store }: Backend, person: Person, query: EventListQuery): Promise<EventList> {
  const { limit, limit_cut } = limitOf(query.limit, MOST_EVENTS)
  const cursor = eventCursors[query.order]
  const page = await listEvents(
    store,
    {
      scope: person.scope,
      panelId: query.panel_id,
      siteId: query.site_id,
      alarmId: query.alarm_id,
      from: query.from,
      to: query.to,
    },
    { order: query.order, after: cursor.read(query.after), limit },
  )
  return { data: page.events, next: page.next && cursor.write(page.next), limit, limit_cut }
}

export async function alarmEvents(
  backend: Backend,
  person: Person,
  id: string,
  query: { after?: string | undefined; limit: number },
): Promise<Outcome<EventList>> {
  if (!(await findAlarm(backend.store, id, person.scope))) return refuse('ALARM_NOT_FOUND')
  return done(await eventList(backend, person, { ...query, alarm_id: id, order: 'newest' }))
}
