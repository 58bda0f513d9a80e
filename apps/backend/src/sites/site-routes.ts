/** /api/sites. */
import {
  ArchiveSiteRequest,
  CreateSiteRequest,
  Site,
  SiteDetail,
  SiteList,
  SiteListQuery,
  SiteModeRequest,
  UpdateSiteRequest,
} from '@stam/contracts'
import type { Backend } from '../backend.ts'
import { type Api, answers, IdParams } from '../http/api.ts'
import { personOfRequest } from '../http/guard.ts'
import { mutate } from '../http/mutation.ts'
import { valueOf } from '../http/problem.ts'
import { archiveSite, createSite, editSite, siteDetail, siteList, switchMode } from './site-use-cases.ts'

const tags = ['sites']

export function siteRoutes(app: Api, backend: Backend): void {
  app.get(
    '/api/sites',
    {
      schema: {
        tags,
        summary: 'Sites by name; search without Polish letters works',
        querystring: SiteListQuery,
        response: answers(SiteList),
      },
    },
    (request) => siteList(backend, personOfRequest(request), request.query),
  )
  app.post(
    '/api/sites',
    { schema: { tags, summary: 'Create a site', body: CreateSiteRequest, response: answers(SiteDetail) } },
    (request) => mutate(request, backend, (mutation) => createSite(mutation, request.body)),
  )
  app.get(
    '/api/sites/:id',
    {
      schema: {
        tags,
        summary: 'One site with contacts, procedures, panels',
        params: IdParams,
        response: answers(SiteDetail),
      },
    },
    async (request) => valueOf(await siteDetail(backend.store, personOfRequest(request), request.params.id)),
  )
  app.patch(
    '/api/sites/:id',
    {
      schema: {
        tags,
        summary: 'Edit what is given; contacts and procedures replace the whole list',
        params: IdParams,
        body: UpdateSiteRequest,
        response: answers(SiteDetail),
      },
    },
    (request) => mutate(request, backend, (mutation) => editSite(mutation, request.params.id, request.body)),
  )
  app.post(
    '/api/sites/:id/archive',
    {
      schema: {
        tags,
        summary: 'Put a site away, or bring it back',
        params: IdParams,
        body: ArchiveSiteRequest,
        response: answers(Site),
      },
    },
    (request) => mutate(request, backend, (mutation) => archiveSite(mutation, request.params.id, request.body)),
  )
  for (const mode of ['service', 'test'] as const) {
    app.post(
      `/api/sites/:id/${mode}-mode`,
      {
        schema: {
          tags,
          summary: `Switch ${mode} mode on (reason required) or off`,
          params: IdParams,
          body: SiteModeRequest,
          response: answers(Site),
        },
      },
      (request) =>
        mutate(request, backend, (mutation) =>
          switchMode(mutation, request.params.id, mode, request.body, backend.clock.now()),
        ),
    )
  }
}
