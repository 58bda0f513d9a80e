/** /api/alarms and /api/events. */
import {
  AckRequest,
  AlarmChanged,
  AlarmDetail,
  AlarmEventsQuery,
  AlarmList,
  AlarmListQuery,
  ClaimRequest,
  CloseRequest,
  EventList,
  EventListQuery,
  ManualAlarmRequest,
  NoteRequest,
  Presented,
  PresentedRequest,
  ReleaseRequest,
  ResolveRequest,
  TakeOverRequest,
} from '@stam/contracts'
import { isoTime } from '@stam/runtime'
import { recordPresented } from '@stam/store'
import type { FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { Backend } from '../backend.ts'
import { type Api, answers, IdParams } from '../http/api.ts'
import { personOfRequest } from '../http/guard.ts'
import { mutate } from '../http/mutation.ts'
import { done, valueOf } from '../http/problem.ts'
import { type AlarmRequest, actOnAlarm } from './act-on-alarm.ts'
import { reportManualAlarm } from './report-manual-alarm.ts'
import { alarmDetail, alarmEvents, alarmList, eventList } from './read-alarms.ts'

const tags = ['alarms']

export function alarmRoutes(app: Api, backend: Backend): void {
  readingRoutes(app, backend)
  actionRoutes(app, backend)
  app.post(
    '/api/alarms',
    { schema: { tags, summary: 'Report an alarm by hand', body: ManualAlarmRequest, response: answers(AlarmChanged) } },
    async (request) => {
      const changed = await mutate(request, backend, (mutation) =>
        reportManualAlarm(mutation, request.body, isoTime(backend.clock.now())),
      )
      backend.telemetry.alarmAction('report', null)
      return changed
    },
  )
  app.post(
    '/api/alarms/presented',
    {
      schema: {
        tags,
        summary: 'These alarms are drawn on my screen',
        body: PresentedRequest,
        response: answers(Presented),
      },
    },
    (request) =>
      mutate(request, backend, async ({ tx, person }) =>
        done({ recorded: await recordPresented(tx, person.userId, request.body.alarm_ids, person.scope) }),
      ),
  )
}

function readingRoutes(app: Api, backend: Backend): void {
  app.get(
    '/api/alarms',
    {
      schema: {
        tags,
        summary: 'The queue, newest first or by priority, page by page',
        querystring: AlarmListQuery,
        response: answers(AlarmList),
      },
    },
    (request) => alarmList(backend, personOfRequest(request), request.query),
  )
  app.get(
    '/api/alarms/:id',
    {
      schema: {
        tags,
        summary: 'One alarm with all one needs to act',
        params: IdParams,
        response: answers(AlarmDetail),
      },
    },
    async (request) => valueOf(await alarmDetail(backend, personOfRequest(request), request.params.id)),
  )
  app.get(
    '/api/alarms/:id/events',
    {
      schema: {
        tags,
        summary: 'All events of an alarm, newest first',
        params: IdParams,
        querystring: AlarmEventsQuery,
        response: answers(EventList),
      },
    },
    async (request) => valueOf(await alarmEvents(backend, personOfRequest(request), request.params.id, request.query)),
  )
  app.get(
    '/api/events',
    {
      schema: {
        tags: ['events'],
        summary: 'Every recorded signal in order of receipt, repeats included',
        querystring: EventListQuery,
        response: answers(EventList),
      },
    },
    (request) => eventList(backend, personOfRequest(request), request.query),
  )
}

const actions = {
  claim: { body: ClaimRequest, type: 'claim', summary: 'Take the alarm in hand' },
  release: { body: ReleaseRequest, type: 'release', summary: 'Put it back' },
  'take-over': { body: TakeOverRequest, type: 'take_over', summary: "Go on with a colleague's alarm" },
  ack: { body: AckRequest, type: 'ack', summary: 'Acknowledge, with a note' },
  resolve: { body: ResolveRequest, type: 'resolve', summary: 'The cause is dealt with' },
  close: { body: CloseRequest, type: 'close', summary: 'Close for good, with what it was' },
  note: { body: NoteRequest, type: 'note', summary: 'Add a note' },
} as const satisfies Record<string, { body: z.ZodType; type: AlarmRequest['type']; summary: string }>

function actionRoutes(app: Api, backend: Backend): void {
  for (const [path, { body, type, summary }] of Object.entries(actions)) {
    app.post(
      `/api/alarms/:id/${path}`,
      { schema: { tags, summary, params: IdParams, body, response: answers(AlarmChanged) } },
      (request) => act(request, backend, request.params.id, { ...request.body, type } as AlarmRequest),
    )
  }
}

async function act(request: FastifyRequest, backend: Backend, id: string, asked: AlarmRequest): Promise<AlarmChanged> {
  const changed = await mutate(request, backend, (mutation) => actOnAlarm(mutation, id, asked))
  const seconds = (backend.clock.now() - Date.parse(changed.alarm.created_at)) / 1000
  backend.telemetry.alarmAction(asked.type, Math.max(0, seconds))
  return changed
}
