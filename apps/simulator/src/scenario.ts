import { z } from 'zod'
import { PanelAction } from './panel/panel-actions.ts'

const PanelId = z.string().min(1).max(63)

/** `*`: all; `bench-*`: all whose id begins so; otherwise one id. */
export const PanelSelector = z.union([PanelId, z.array(PanelId).min(1).max(10_000)]).meta({
  id: 'PanelSelector',
  description: 'a panel id, a list of ids, a beginning followed by *, or * for all',
})
export type PanelSelector = z.infer<typeof PanelSelector>

export const ScenarioStep = z.intersection(
  z
    .object({
      /** From the start of the scenario (of each repetition). */
      atMs: z.number().min(0).max(86_400_000).default(0),
      panel: PanelId.optional(),
      panels: PanelSelector.optional(),
    })
    .refine(({ panel, panels }) => (panel === undefined) !== (panels === undefined), 'name either panel or panels'),
  PanelAction,
)

/** Exactly `count` alarm signals, spread evenly over panels and time. */
export const Burst = z.object({
  panels: PanelSelector.default('*'),
  count: z.int().min(1).max(1_000_000),
  overMs: z.int().min(0).max(86_400_000),
  /** violate: zones of armed partitions (armed at the start where they are not); alarm: whatever the arming. */
  action: z.enum(['violate', 'alarm']).default('violate'),
  /** Bring the zones back to normal at the end. */
  restoreAtEnd: z.boolean().default(true),
})
export type Burst = z.infer<typeof Burst>

export const ScenarioSpec = z
  .object({
    name: z.string().max(80).default(''),
    steps: z.array(ScenarioStep).max(10_000).default([]),
    burst: Burst.optional(),
    /** How often the steps run. */
    repeat: z.int().min(1).max(100_000).default(1),
    /** Time between the starts of two repetitions; absent: as soon as one has ended. */
    everyMs: z.int().min(1).max(86_400_000).optional(),
  })
  .refine((spec) => spec.steps.length > 0 || spec.burst !== undefined, 'a scenario needs steps or a burst')
  .meta({ id: 'ScenarioSpec' })
export type ScenarioSpec = z.infer<typeof ScenarioSpec>
export type ScenarioSpecInput = z.input<typeof ScenarioSpec>

export const ScenarioProgress = z
  .object({
    id: z.string(),
    name: z.string(),
    status: z.enum(['running', 'done', 'stopped']),
    startedAt: z.string(),
    endedAt: z.string().nullable(),
    /** Actions carried out so far and in all. */
    done: z.int(),
    total: z.int(),
    /** Alarm signals a burst has logged. */
    alarms: z.int(),
    failed: z.int(),
    /** The first few failures. */
    errors: z.array(z.string()).max(10),
    /** Ledger sequence numbers: the first after the start, and the last so far. */
    firstSeq: z.int(),
    lastSeq: z.int(),
  })
  .meta({ id: 'ScenarioProgress' })
export type ScenarioProgress = z.infer<typeof ScenarioProgress>
