import { PANEL_TYPES, type PanelModel, type PanelType } from '@stam/integra/codec'
import { z } from 'zod'
import { moduleProfileNames } from '../module/module-profile.ts'
import { SimulatorError } from '../simulator-error.ts'
import { isTimeZone } from './panel-clock.ts'
import { userRightNames } from './user-rights.ts'

export const panelModels = PANEL_TYPES.map((type) => type.model) as [PanelModel, ...PanelModel[]]

/** `real`, `zero`, or every answer after exactly this many milliseconds. */
export const Latency = z.union([z.literal('real'), z.literal('zero'), z.number().min(0).max(60_000)]).meta({
  id: 'Latency',
  description: 'real: like hardware; zero: at once; a number: every answer after exactly this many milliseconds',
})
export type Latency = z.infer<typeof Latency>

export const panelModes = ['NORMAL', 'FLAKY', 'TIMEOUT'] as const
export const PanelMode = z
  .enum(panelModes)
  .meta({ id: 'PanelMode', description: 'FLAKY loses 10 % of the answers, TIMEOUT leaves every fifth unanswered' })
export type PanelMode = z.infer<typeof PanelMode>

const Name = z.string().max(16)
const DelayMs = z.int().min(0).max(3_600_000)
const PartitionNumber = z.int().min(1).max(32)

export const ZoneSpec = z.object({
  number: z.int().min(1).max(256),
  name: Name,
  partition: PartitionNumber.default(1),
  /** Zone reaction 0..97 (protocol reference 6.2); decides when and with which code the zone alarms. */
  reaction: z.int().min(0).max(97).default(5),
  /** Degrees Celsius; null while the panel does not know; absent: not a temperature zone, 0x7D stays unanswered. */
  temperature: z.number().min(-55).max(125).nullable().optional(),
  /** A violated zone with this option cannot even be armed over by force (result 12). */
  blocksForcedArming: z.boolean().default(false),
  /** Counting reactions 16..31: violations within a minute that make an alarm. */
  countLimit: z.int().min(1).max(7).default(3),
})
export type ZoneSpec = z.infer<typeof ZoneSpec>

export const PartitionSpec = z.object({
  number: PartitionNumber,
  name: Name,
  /** Partition type (protocol reference 6.5). */
  type: z.int().min(0).max(8).default(0),
  object: z.int().min(1).max(8).default(1),
  exitDelayMs: DelayMs.optional(),
  entryDelayMs: DelayMs.optional(),
  alarmVerification: z.boolean().default(false),
  twoCodesToArm: z.boolean().default(false),
  twoCodesToDisarm: z.boolean().default(false),
})
export type PartitionSpec = z.infer<typeof PartitionSpec>

export const OutputSpec = z.object({
  number: z.int().min(1).max(256),
  name: Name,
  /** Output function (protocol reference 6.3). */
  function: z.int().min(0).max(123).default(0),
  /** How long a MONO output stays on. */
  durationMs: z.int().min(100).max(3_600_000).default(2_000),
  /** Partitions an alarm, arming or delay output follows; absent: all. */
  partitions: z.array(PartitionNumber).max(32).optional(),
  /** Metering output: answers 0x7B with this many watts. */
  watts: z.number().min(0).max(6_553.5).optional(),
})
export type OutputSpec = z.infer<typeof OutputSpec>

export const UserSpec = z.object({
  /** 1..240 users, 241..248 masters, 255 service. */
  number: z.int().min(1).max(255),
  name: Name,
  code: z.string().regex(/^[0-9]{4,8}$/),
  telephoneCode: z
    .string()
    .regex(/^[0-9]{4}$/)
    .optional(),
  /** Absent: all partitions. */
  partitions: z.array(PartitionNumber).max(32).optional(),
  /** User type (protocol reference 4.7); 4 is duress. */
  type: z.int().min(0).max(10).default(0),
  object: z.int().min(1).max(8).default(1),
  /** Absent: what a user of that rank usually has. */
  rights: z.array(z.enum(userRightNames)).max(24).optional(),
})
export type UserSpec = z.infer<typeof UserSpec>

export const NamedObjectSpec = z.object({ number: z.int().min(1).max(64), name: Name })

export const ModuleUnitSpec = z.object({
  /** Address on its bus, 0-based. */
  address: z.int().min(0).max(63),
  name: Name,
  /** Module type (protocol reference 6.4). */
  type: z.int().min(1).max(28),
})

/** How the ETHM-1 in front of the panel behaves. */
export const EthernetModuleSpec = z.object({
  profile: z.enum(moduleProfileNames).default('v2'),
  /** What a second client meets: the busy block, or it throws the first one out. */
  busyPolicy: z.enum(['refuse', 'displace']).default('refuse'),
  /** For how long after a close newcomers are still told "busy"; absent: by latency, 4 ms or none. */
  releaseDelayMs: z.int().min(0).max(60_000).optional(),
  /** Silence of the client after which the module closes. */
  idleCloseMs: z.int().min(1_000).max(3_600_000).default(25_000),
  /** What happens to a request that arrives while another one is being answered. */
  whileBusy: z.enum(['queue', 'drop']).default('queue'),
  segmentation: z.enum(['whole', 'split']).default('whole'),
  /** Close when an encrypted PDU does not echo the last identifier sent. */
  strictIdr: z.boolean().default(false),
  /** Which bits of the new-data list are set for a client that has just connected. */
  newDataOnConnect: z.enum(['all', 'none']).default('all'),
  /** Success code of control commands, FF or 00: firmwares differ. */
  acceptedResult: z.enum(['FF', '00']).default('FF'),
  /** Send every new event record unasked to a connected v2 client. */
  unsolicitedEvents: z.boolean().default(false),
  /** v1, real latency: longest time of the reads 28, 29, 2A and 2B (protocol reference 4.1). */
  slowStateMs: z.int().min(20).max(60_000).default(5_000),
  /** How often commands of the "push on every update" mask are pushed. */
  updateIntervalMs: z.int().min(100).max(600_000).default(10_000),
})

export const EventMemorySpec = z.object({
  /** Records the ring holds; absent: a figure per model. */
  capacity: z.int().min(1).max(100_000).optional(),
  /** First token, even; absent: derived from the panel id. */
  tokenStart: z.int().min(0).max(0xfffffe).multipleOf(2).optional(),
  tokenStride: z.int().min(2).max(0x1000).multipleOf(2).default(12),
  /** Keep a second log that answers index 00FFFF. Needs a stride that 4 divides. */
  gradeLog: z.boolean().default(false),
  /** Fields S1/S2: none = not reported; sent = new first, sent later; failing = not sent. */
  reporting: z.enum(['none', 'sent', 'failing']).default('none'),
  reportingDelayMs: z.int().min(0).max(600_000).default(4_000),
})

export const PanelTimingSpec = z.object({
  exitDelayMs: DelayMs.default(30_000),
  entryDelayMs: DelayMs.default(30_000),
  /** How long an alarm is signalled (bits 02, 03, 13, 14 and the sirens). */
  alarmTimeMs: z.int().min(100).max(3_600_000).default(60_000),
  /** Warning alarm (bit 2B) between the end of the entry delay and the alarm; 0: none. */
  warningAlarmMs: DelayMs.default(0),
  /** Two zones of a partition with verification must alarm within this time. */
  verificationMs: DelayMs.default(1_800_000),
  acLossDelayMs: DelayMs.default(0),
  batteryDelayMs: DelayMs.default(0),
  /** After three wrong codes. */
  lockoutMs: DelayMs.default(90_000),
  doorOpenLimitMs: DelayMs.default(30_000),
})

export const PanelSpec = z
  .object({
    id: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/),
    name: z.string().min(1).max(80),
    model: z.enum(panelModels),
    /** Firmware of the panel as 0x7E tells it, e.g. 1.23 of 2019-09-11. */
    firmware: z
      .object({ version: z.string().regex(/^[0-9]\.[0-9]{2}$/), date: z.iso.date() })
      .default({ version: '1.23', date: '2024-05-20' }),
    language: z.enum(['pl', 'en']).default('pl'),
    host: z.string().min(1).max(80).default('127.0.0.1'),
    /** 0: any free port. */
    port: z.int().min(0).max(65_535).default(0),
    /** Integration key; present: the module speaks the encrypted mode. */
    integrationKey: z
      .string()
      .max(12)
      .regex(/^[\x20-\x7e]*$/)
      .optional(),
    /** Prefix before user codes, if the panel wants one. */
    codePrefix: z
      .string()
      .regex(/^[0-9]{0,8}$/)
      .default(''),
    timeZone: z.string().refine(isTimeZone, 'unknown time zone').default('Europe/Warsaw'),
    clockShiftMs: z.int().default(0),
    driftPpm: z.number().min(-10_000).max(10_000).default(0),
    gradeOption: z.boolean().default(false),
    partitions: z.array(PartitionSpec).min(1).max(32),
    zones: z.array(ZoneSpec).max(256).default([]),
    outputs: z.array(OutputSpec).max(256).default([]),
    users: z.array(UserSpec).max(255).default([]),
    expanders: z.array(ModuleUnitSpec).max(64).default([]),
    keypads: z.array(ModuleUnitSpec).max(18).default([]),
    timers: z.array(NamedObjectSpec).max(64).default([]),
    telephones: z.array(NamedObjectSpec).max(16).default([]),
    objects: z.array(NamedObjectSpec).max(8).default([]),
    timing: PanelTimingSpec.prefault({}),
    module: EthernetModuleSpec.prefault({}),
    eventMemory: EventMemorySpec.prefault({}),
    /** Absent: as the whole simulator. */
    latency: Latency.optional(),
    mode: PanelMode.optional(),
    /** Seed of the panel's randomness; absent: derived from the id. */
    seed: z.int().min(0).max(0xffffffff).optional(),
  })
  .meta({ id: 'PanelSpec', description: 'A virtual panel with its ETHM-1 module' })
export type PanelSpec = z.infer<typeof PanelSpec>
export type PanelSpecInput = z.input<typeof PanelSpec>

/** The model's sizes. */
export function panelTypeOf(model: PanelModel): PanelType {
  return PANEL_TYPES.find((type) => type.model === model) as PanelType
}

/** Ring size where the spec names none. Figures per model are not documented; these are of the right order. */
export function defaultMemoryCapacity(type: PanelType): number {
  return type.typeCode === 0 ? 439 : type.typeCode === 1 ? 899 : type.basicType === 2 ? 6_143 : 22_527
}

function addNumbers(problems: string[], label: string, items: readonly { number: number }[], limit: number): void {
  const seen = new Set<number>()
  for (const { number } of items) {
    if (number > limit) problems.push(`${label} ${number} is beyond the model's ${limit}`)
    if (seen.has(number)) problems.push(`${label} ${number} is there twice`)
    seen.add(number)
  }
}

/** Contradictions a shape cannot express: numbers beyond the model, twice, or pointing nowhere. */
function contradictions(spec: PanelSpec): string[] {
  const type = panelTypeOf(spec.model)
  const problems: string[] = []
  addNumbers(problems, 'zone', spec.zones, type.zones)
  addNumbers(problems, 'partition', spec.partitions, type.partitions)
  addNumbers(problems, 'output', spec.outputs, type.outputs)
  addNumbers(problems, 'user', spec.users, 255)
  addNumbers(problems, 'timer', spec.timers, type.timers)
  addNumbers(problems, 'telephone', spec.telephones, type.telephones)
  addNumbers(problems, 'object', spec.objects, type.objects)
  const addresses = (items: readonly { address: number }[]) => items.map(({ address }) => ({ number: address + 1 }))
  addNumbers(problems, 'expander', addresses(spec.expanders), type.expanderAddresses)
  addNumbers(problems, 'keypad-bus module', addresses(spec.keypads), 18)
  const partitions = new Set(spec.partitions.map(({ number }) => number))
  for (const zone of spec.zones) {
    if (!partitions.has(zone.partition)) {
      problems.push(`zone ${zone.number} is in partition ${zone.partition}, which is missing`)
    }
  }
  const codes = new Set<string>()
  for (const user of spec.users) {
    if (codes.has(user.code)) problems.push(`user ${user.number} has the code of another user`)
    codes.add(user.code)
  }
  if (spec.eventMemory.gradeLog && spec.eventMemory.tokenStride % 4 !== 0) {
    problems.push('a Grade log needs an event token stride that 4 divides')
  }
  return problems
}

/**
 * A complete spec from what the caller gave.
 * @throws SimulatorError INVALID_REQUEST with all problems at once; codes and keys are not repeated in them
 */
export function parsePanelSpec(input: PanelSpecInput): PanelSpec {
  const parsed = PanelSpec.safeParse(input)
  if (!parsed.success) {
    const issues = parsed.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }))
    throw new SimulatorError('INVALID_REQUEST', 'the panel is not described correctly', { issues })
  }
  const problems = contradictions(parsed.data)
  if (problems.length > 0) {
    const issues = problems.slice(0, 20).map((message) => ({ path: '', message }))
    throw new SimulatorError('INVALID_REQUEST', 'the panel contradicts itself', { issues })
  }
  return parsed.data
}
