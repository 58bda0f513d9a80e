/** Topic: the simulated panels of the demo. The station mounts the simulator's own HTTP API at /simulator. */
import { useQuery } from '@tanstack/react-query'
import { z } from 'zod'
import { http, queries } from './centre.ts'
import { type Failure, failureOf } from './http.ts'

/** What the buttons need of the simulator's answers; it tells far more. */
const SimulatedPanel = z.object({
  id: z.string(),
  name: z.string(),
  model: z.string(),
  host: z.string(),
  port: z.int(),
  encrypted: z.boolean(),
  connected: z.boolean(),
  armed: z.array(z.int()),
  alarm: z.array(z.int()),
  violated: z.array(z.int()),
  troubles: z.boolean(),
  fault: z.string(),
  zoneCount: z.int(),
})
export type SimulatedPanel = z.infer<typeof SimulatedPanel>

const SimulatedPanelDetail = SimulatedPanel.extend({
  zones: z.array(
    z.object({
      number: z.int(),
      name: z.string(),
      partition: z.int(),
      reactionName: z.object({ pl: z.string(), en: z.string() }),
      violated: z.boolean(),
      tampered: z.boolean(),
      alarm: z.boolean(),
    }),
  ),
  partitions: z.array(
    z.object({
      number: z.int(),
      name: z.string(),
      armed: z.boolean(),
      exitDelay: z.boolean(),
      entryDelay: z.boolean(),
      alarm: z.boolean(),
      fireAlarm: z.boolean(),
    }),
  ),
})
export type SimulatedPanelDetail = z.infer<typeof SimulatedPanelDetail>

/** Delays run by themselves in there, so the picture is read again every second. */
const pictureMs = 1_000

export const useSimulatedPanels = () =>
  useQuery({
    queryKey: ['simulator', 'list'],
    refetchInterval: 3_000,
    queryFn: ({ signal }) => http.call('/simulator/panels', z.array(SimulatedPanel), { signal }),
  })

export const useSimulatedPanel = (id: string | null) =>
  useQuery({
    queryKey: ['simulator', 'panel', id],
    enabled: id !== null,
    refetchInterval: pictureMs,
    queryFn: ({ signal }) =>
      http.call(`/simulator/panels/${encodeURIComponent(id ?? '')}`, SimulatedPanelDetail, { signal }),
  })

export type PanelAction = { readonly action: string } & Readonly<Record<string, unknown>>
export type PressResult = { readonly ok: true } | { readonly ok: false; readonly failure: Failure }

async function post(path: string, body: unknown): Promise<PressResult> {
  try {
    await http.send(path, { method: 'POST', body })
    void queries.invalidateQueries({ queryKey: ['simulator'] })
    return { ok: true }
  } catch (error) {
    return { ok: false, failure: failureOf(error) }
  }
}

/** A hand at the panel. */
export const press = (panelId: string, action: PanelAction): Promise<PressResult> =>
  post(`/simulator/panels/${encodeURIComponent(panelId)}/do`, action)

/** That many alarms spread over all panels and over the time. */
export const burst = (count: number, overMs: number): Promise<PressResult> =>
  post('/simulator/scenarios', { name: `burst of ${count}`, burst: { panels: '*', count, overMs, action: 'alarm' } })
