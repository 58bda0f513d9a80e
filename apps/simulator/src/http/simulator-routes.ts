import { ErrorBody } from '@stam/contracts'
import type { FastifyError, FastifyInstance, FastifyPluginAsync, FastifyReply } from 'fastify'
import {
  type FastifyZodOpenApiTypeProvider,
  fastifyZodOpenApiPlugin,
  RequestValidationError,
  serializerCompiler,
  validatorCompiler,
} from 'fastify-zod-openapi'
import { z } from 'zod'
import { raisesAlarm, type SignalClass } from '../ledger/signal-class.ts'
import { PanelAction } from '../panel/panel-actions.ts'
import { PanelMode, PanelSpec } from '../panel/panel-spec.ts'
import { ScenarioProgress, ScenarioSpec } from '../scenario.ts'
import type { Simulator } from '../simulator.ts'
import { SimulatorError, type SimulatorErrorCode, simulatorErrorCodes } from '../simulator-error.ts'
import { panelDetail, panelSummary } from './panel-view.ts'
import { ActionAnswer, LedgerPage, LedgerQuery, LedgerSummary, PanelDetail, PanelSummary } from './schemas.ts'

const PanelParams = z.object({ id: z.string().max(63) })
const ScenarioParams = z.object({ id: z.string().max(20) })
/** Specs of large panels are long; nothing needs more. */
const BODY_LIMIT = 2 * 1024 * 1024

const errors = { 400: ErrorBody, 404: ErrorBody, 409: ErrorBody, 500: ErrorBody }

type Routes = FastifyInstance & { withTypeProvider: FastifyInstance['withTypeProvider'] }

/** Same shape for every refusal; nothing of the request's content is repeated but paths. */
function refuse(reply: FastifyReply, code: SimulatorErrorCode, message: string, details = {}): FastifyReply {
  return reply.status(simulatorErrorCodes[code]).send({ error: { code, message, details } })
}

function answerError(error: FastifyError | SimulatorError, reply: FastifyReply): FastifyReply {
  if (error instanceof SimulatorError) return refuse(reply, error.code, error.message, error.details)
  if (error.validation !== undefined) {
    const issues = error.validation.map((problem) =>
      problem instanceof RequestValidationError
        ? { path: problem.params.issue.path.join('.'), message: problem.params.issue.message }
        : { path: problem.instancePath, message: problem.message ?? '' },
    )
    return refuse(reply, 'INVALID_REQUEST', 'the request does not match its schema', { issues })
  }
  if (error.statusCode === 413) return refuse(reply, 'PAYLOAD_TOO_LARGE', 'the request is too large')
  if (error.statusCode === 415) return refuse(reply, 'UNSUPPORTED_MEDIA_TYPE', 'send application/json')
  if (error.statusCode !== undefined && error.statusCode < 500) {
    return refuse(reply, 'INVALID_REQUEST', error.message)
  }
  return refuse(reply, 'INTERNAL', 'the simulator failed; see its log')
}

function panelRoutes(app: Routes, simulator: Simulator): void {
  const typed = app.withTypeProvider<FastifyZodOpenApiTypeProvider>()
  typed.get(
    '/panels',
    { schema: { tags: ['panels'], summary: 'All panels', response: { 200: z.array(PanelSummary), ...errors } } },
    async () => simulator.panels.map(panelSummary),
  )
  typed.post(
    '/panels',
    {
      schema: {
        tags: ['panels'],
        summary: 'Add a panel',
        body: PanelSpec,
        response: { 201: PanelDetail, ...errors },
      },
    },
    async (request, reply) => {
      const panel = await simulator.addPanel(request.body)
      return reply.status(201).send(panelDetail(panel))
    },
  )
  typed.get(
    '/panels/:id',
    {
      schema: {
        tags: ['panels'],
        summary: 'A panel with its zones, partitions, outputs and troubles',
        params: PanelParams,
        response: { 200: PanelDetail, ...errors },
      },
    },
    async (request) => panelDetail(simulator.panel(request.params.id)),
  )
  typed.delete(
    '/panels/:id',
    {
      schema: {
        tags: ['panels'],
        summary: 'Take a panel away; its ledger entries stay',
        params: PanelParams,
        response: { 204: z.null(), ...errors },
      },
    },
    async (request, reply) => {
      await simulator.removePanel(request.params.id)
      return reply.status(204).send(null)
    },
  )
}

function actionRoutes(app: Routes, simulator: Simulator): void {
  const typed = app.withTypeProvider<FastifyZodOpenApiTypeProvider>()
  typed.post(
    '/panels/:id/do',
    {
      schema: {
        tags: ['panels'],
        summary: 'Do something to a panel',
        params: PanelParams,
        body: PanelAction,
        response: { 200: ActionAnswer, ...errors },
      },
    },
    async (request) => {
      const panel = simulator.panel(request.params.id)
      const { changed, signals } = await panel.perform(request.body)
      return { changed, signals: [...signals], panel: panelSummary(panel) }
    },
  )
  typed.post(
    '/mode',
    {
      schema: {
        tags: ['panels'],
        summary: 'Set the mode of all panels',
        body: z.object({ mode: PanelMode }),
        response: { 200: z.object({ panels: z.int() }), ...errors },
      },
    },
    async (request) => {
      const { mode } = request.body
      for (const panel of simulator.panels) await panel.perform({ action: 'mode', mode })
      return { panels: simulator.panels.length }
    },
  )
}

function scenarioRoutes(app: Routes, simulator: Simulator): void {
  const typed = app.withTypeProvider<FastifyZodOpenApiTypeProvider>()
  typed.post(
    '/scenarios',
    {
      schema: {
        tags: ['scenarios'],
        summary: 'Start a timed list of actions, or a burst',
        body: ScenarioSpec,
        response: { 201: ScenarioProgress, ...errors },
      },
    },
    async (request, reply) => reply.status(201).send(simulator.scenarios.start(request.body)),
  )
  typed.get(
    '/scenarios',
    {
      schema: {
        tags: ['scenarios'],
        summary: 'Latest scenarios, newest first',
        response: { 200: z.array(ScenarioProgress), ...errors },
      },
    },
    async () => simulator.scenarios.list(),
  )
  typed.get(
    '/scenarios/:id',
    {
      schema: {
        tags: ['scenarios'],
        summary: 'How far a scenario is',
        params: ScenarioParams,
        response: { 200: ScenarioProgress, ...errors },
      },
    },
    async (request) => simulator.scenarios.progress(request.params.id),
  )
  typed.delete(
    '/scenarios/:id',
    {
      schema: {
        tags: ['scenarios'],
        summary: 'Stop a scenario',
        params: ScenarioParams,
        response: { 200: ScenarioProgress, ...errors },
      },
    },
    async (request) => simulator.scenarios.stop(request.params.id),
  )
}

function ledgerRoutes(app: Routes, simulator: Simulator): void {
  const typed = app.withTypeProvider<FastifyZodOpenApiTypeProvider>()
  const { ledger } = simulator
  typed.get(
    '/ledger',
    {
      schema: {
        tags: ['ledger'],
        summary: 'Every signal the panels emitted, after a number',
        querystring: LedgerQuery,
        response: { 200: LedgerPage, ...errors },
      },
    },
    async (request) => {
      const { since, panel, limit } = request.query
      const index = panel === undefined ? undefined : simulator.panelIndex(panel)
      if (panel !== undefined && index === undefined) {
        throw new SimulatorError('PANEL_NOT_FOUND', `there is no panel ${panel}`)
      }
      const page = ledger.page(since, limit, index)
      return { ...page, first: ledger.firstSeq, last: ledger.nextSeq - 1 }
    },
  )
  typed.get(
    '/ledger/summary',
    {
      schema: {
        tags: ['ledger'],
        summary: 'How many signals, by class and panel',
        response: { 200: LedgerSummary, ...errors },
      },
    },
    async () => ledgerSummary(simulator),
  )
}

/** Counts over everything, entries no longer kept included. */
export function ledgerSummary(simulator: Simulator): z.infer<typeof LedgerSummary> {
  const { ledger } = simulator
  const classes: Record<string, number> = {}
  const panels: Record<string, Record<string, number>> = {}
  let total = 0
  let raisingAlarm = 0
  for (const index of ledger.countedPanels()) {
    const id = simulator.panelIdOf(index)
    const own = (panels[id] ??= {})
    for (const [name, count] of ledger.counts(index)) {
      own[name] = (own[name] ?? 0) + count
      classes[name] = (classes[name] ?? 0) + count
      total += count
      if (raisesAlarm(name satisfies SignalClass)) raisingAlarm += count
    }
  }
  return { total, first: ledger.firstSeq, last: ledger.nextSeq - 1, raisingAlarm, classes, panels }
}

/**
 * The control API of a simulator as a plug-in, for any prefix of any Fastify server. Its schemas, errors and
 * validation stay inside. It has no authentication of its own: whoever mounts it decides who comes in.
 */
export function simulatorRoutes(simulator: Simulator): FastifyPluginAsync {
  return async (app) => {
    app.setValidatorCompiler(validatorCompiler)
    app.setSerializerCompiler(serializerCompiler)
    app.setErrorHandler<FastifyError>((error, _request, reply) => answerError(error, reply))
    app.setNotFoundHandler((request, reply) =>
      refuse(reply, 'NOT_FOUND', `there is nothing at ${request.method} ${request.url.split('?')[0]}`),
    )
    if (!app.hasDecorator('fastifyZodOpenApi')) await app.register(fastifyZodOpenApiPlugin)
    app.addHook('onRoute', (route) => {
      route.bodyLimit ??= BODY_LIMIT
    })
    panelRoutes(app, simulator)
    actionRoutes(app, simulator)
    scenarioRoutes(app, simulator)
    ledgerRoutes(app, simulator)
  }
}
