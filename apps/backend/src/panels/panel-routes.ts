/** /api/panels. */
import {
  ConnectionReleaseRequest,
  ConnectionTry,
  CreatePanelRequest,
  PanelDetail,
  PanelList,
  PanelListQuery,
  PanelStateAnswer,
  PanelStateHistory,
  PanelStateHistoryQuery,
  TryConnectionRequest,
  UpdatePanelRequest,
  UpdateZoneRequest,
} from '@stam/contracts'
import { z } from 'zod'
import type { Backend } from '../backend.ts'
import { type Api, answers, IdParams } from '../http/api.ts'
import { personOfRequest } from '../http/guard.ts'
import { actOf, mutate } from '../http/mutation.ts'
import { valueOf } from '../http/problem.ts'
import { endRelease, releasePanel } from './connection-release.ts'
import {
  createPanel,
  editPanel,
  editZone,
  panelDetail,
  panelList,
  panelState,
  stateHistory,
} from './panel-use-cases.ts'
import { tryConnection } from './try-connection.ts'

const tags = ['panels']
const ZoneParams = IdParams.extend({ number: z.coerce.number().int().min(1).max(256) })

export function panelRoutes(app: Api, backend: Backend): void {
  readingRoutes(app, backend)
  releaseRoutes(app, backend)
  tryRoute(app, backend)
  const keyring = backend.dataKeys
  const changed = async (answer: Promise<PanelDetail>) => {
    const detail = await answer
    await backend.panels.refresh()
    return detail
  }
  app.post(
    '/api/panels',
    { schema: { tags, summary: 'Add a panel to a site', body: CreatePanelRequest, response: answers(PanelDetail) } },
    (request) => changed(mutate(request, backend, (mutation) => createPanel(backend, keyring, mutation, request.body))),
  )
  app.patch(
    '/api/panels/:id',
    {
      schema: {
        tags,
        summary: 'Edit what is given',
        params: IdParams,
        body: UpdatePanelRequest,
        response: answers(PanelDetail),
      },
    },
    (request) =>
      changed(
        mutate(request, backend, (mutation) => editPanel(backend, keyring, mutation, request.params.id, request.body)),
      ),
  )
  app.patch(
    '/api/panels/:id/zones/:number',
    {
      schema: {
        tags,
        summary: "Priorities of a zone's event types where they differ from the default",
        params: ZoneParams,
        body: UpdateZoneRequest,
        response: answers(PanelDetail),
      },
    },
    (request) =>
      mutate(request, backend, (mutation) =>
        editZone(backend, mutation, request.params.id, request.params.number, request.body),
      ),
  )
}

function tryRoute(app: Api, backend: Backend): void {
  app.post(
    '/api/panels/try-connection',
    {
      schema: {
        tags,
        summary: 'Whether a module answers, before a panel is saved; nothing is kept. Takes up to 20 s',
        body: TryConnectionRequest,
        response: answers(ConnectionTry),
      },
    },
    async (request) =>
      valueOf(await tryConnection(backend, personOfRequest(request), actOf(request, backend), request.body)),
  )
}

function releaseRoutes(app: Api, backend: Backend): void {
  const path = '/api/panels/:id/connection-release'
  app.post(
    path,
    {
      schema: {
        tags,
        summary: "Close the link for a service engineer's DLOADX; it comes back by itself",
        params: IdParams,
        body: ConnectionReleaseRequest,
        response: answers(PanelDetail),
      },
    },
    (request) =>
      mutate(request, backend, (mutation) => releasePanel(backend, mutation, request.params.id, request.body)),
  )
  app.delete(
    path,
    { schema: { tags, summary: 'Take a released link back now', params: IdParams, response: answers(PanelDetail) } },
    (request) => mutate(request, backend, (mutation) => endRelease(backend, mutation, request.params.id)),
  )
}

function readingRoutes(app: Api, backend: Backend): void {
  app.get(
    '/api/panels',
    {
      schema: {
        tags,
        summary: 'Panels with their live state',
        querystring: PanelListQuery,
        response: answers(PanelList),
      },
    },
    (request) => panelList(backend, personOfRequest(request), request.query),
  )
  app.get(
    '/api/panels/:id',
    {
      schema: { tags, summary: 'One panel: objects and live state', params: IdParams, response: answers(PanelDetail) },
    },
    async (request) => valueOf(await panelDetail(backend, backend.store, personOfRequest(request), request.params.id)),
  )
  app.get(
    '/api/panels/:id/state',
    { schema: { tags, summary: 'Live state, with its age', params: IdParams, response: answers(PanelStateAnswer) } },
    async (request) => valueOf(await panelState(backend, personOfRequest(request), request.params.id)),
  )
  app.get(
    '/api/panels/:id/state-history',
    {
      schema: {
        tags,
        summary: 'Timeline of the partitions, newest first',
        params: IdParams,
        querystring: PanelStateHistoryQuery,
        response: answers(PanelStateHistory),
      },
    },
    async (request) => valueOf(await stateHistory(backend, personOfRequest(request), request.params.id, request.query)),
  )
}
