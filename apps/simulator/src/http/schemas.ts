import { z } from 'zod'
import { signalClasses } from '../ledger/signal-class.ts'
import { faultModes } from '../module/fault.ts'
import { moduleProfileNames } from '../module/module-profile.ts'
import { panelModels, panelModes } from '../panel/panel-spec.ts'
import { troubleNames } from '../panel/troubles.ts'

/** Never holds a key or a code. */
export const PanelSummary = z
  .object({
    id: z.string(),
    name: z.string(),
    model: z.enum(panelModels),
    module: z.enum(moduleProfileNames),
    host: z.string(),
    port: z.int(),
    encrypted: z.boolean(),
    connected: z.boolean(),
    /** Numbers of the armed partitions. */
    armed: z.array(z.int()),
    /** Partitions in which an exit or entry delay runs. */
    delayRunning: z.array(z.int()),
    /** Partitions in alarm or fire alarm. */
    alarm: z.array(z.int()),
    /** Zones. */
    violated: z.array(z.int()),
    tampered: z.array(z.int()),
    troubles: z.boolean(),
    serviceMode: z.boolean(),
    mode: z.enum(panelModes),
    fault: z.enum(faultModes),
    zoneCount: z.int(),
    partitionCount: z.int(),
    /** Panel wall time. */
    panelTime: z.string(),
    clockErrorSeconds: z.number(),
    eventsInMemory: z.int(),
  })
  .meta({ id: 'SimulatedPanelSummary' })

const ZoneView = z.object({
  number: z.int(),
  name: z.string(),
  partition: z.int(),
  reaction: z.int(),
  /** Reaction in words. */
  reactionName: z.object({ pl: z.string(), en: z.string() }),
  /** Violating it in an armed partition raises an alarm at once. */
  alarmsAtOnce: z.boolean(),
  violated: z.boolean(),
  tampered: z.boolean(),
  alarm: z.boolean(),
  alarmMemory: z.boolean(),
  bypassed: z.boolean(),
  isolated: z.boolean(),
  celsius: z.number().nullable(),
  isTemperatureZone: z.boolean(),
})

const PartitionView = z.object({
  number: z.int(),
  name: z.string(),
  armed: z.boolean(),
  /** 0..3 while armed. */
  armMode: z.int().nullable(),
  exitDelay: z.boolean(),
  entryDelay: z.boolean(),
  alarm: z.boolean(),
  fireAlarm: z.boolean(),
  alarmMemory: z.boolean(),
  verified: z.boolean(),
})

export const PanelDetail = PanelSummary.extend({
  partitions: z.array(PartitionView),
  zones: z.array(ZoneView),
  outputs: z.array(
    z.object({
      number: z.int(),
      name: z.string(),
      function: z.int(),
      controllable: z.boolean(),
      on: z.boolean(),
    }),
  ),
  users: z.array(z.object({ number: z.int(), name: z.string(), type: z.int() })),
  presentTroubles: z.array(z.object({ trouble: z.enum(troubleNames), index: z.int() })),
  counters: z.object({
    connections: z.int(),
    busyAnswers: z.int(),
    requests: z.int(),
    answers: z.int(),
    discardedBytes: z.int(),
    wrongEchoes: z.int(),
  }),
}).meta({ id: 'SimulatedPanelDetail' })

export const ActionAnswer = z
  .object({ changed: z.boolean(), signals: z.array(z.int()), panel: PanelSummary })
  .meta({ id: 'ActionAnswer' })

export const LedgerEntrySchema = z
  .object({
    seq: z.int(),
    panel: z.string(),
    code: z.int(),
    restore: z.boolean(),
    class: z.enum(signalClasses),
    raisesAlarm: z.boolean(),
    partition: z.int().nullable(),
    zone: z.int().nullable(),
    user: z.int().nullable(),
    source: z.int(),
    panelTime: z.string(),
    at: z.string(),
    token: z.string(),
    record: z.string(),
  })
  .meta({ id: 'LedgerEntry' })

export const LedgerQuery = z.object({
  since: z.coerce.number().int().min(0).default(0).describe('entries after this number'),
  panel: z.string().max(63).optional(),
  limit: z.coerce.number().int().min(1).max(10_000).default(1_000),
})

export const LedgerPage = z
  .object({
    entries: z.array(LedgerEntrySchema),
    /** Ask again with this number; nothing new when it is the one given. */
    next: z.int(),
    /** Numbers still kept. */
    first: z.int(),
    last: z.int(),
  })
  .meta({ id: 'LedgerPage' })

const Counts = z.record(z.string(), z.int())
export const LedgerSummary = z
  .object({
    total: z.int(),
    first: z.int(),
    last: z.int(),
    raisingAlarm: z.int(),
    classes: Counts,
    panels: z.record(z.string(), Counts),
  })
  .meta({ id: 'LedgerSummary' })
