import { decodeNameRequest, encodeFrame, encodeNameRecord, NAME_TYPE, type NameType } from '@stam/integra/codec'
import type { PartitionSpec } from '../panel/panel-spec.ts'
import type { VirtualPanel } from '../panel/virtual-panel.ts'
import type { RequestHandler } from './module-request.ts'
import { RESULT, result } from './result-answers.ts'

interface Named {
  readonly name: string
  readonly function: number
  readonly extra: readonly number[]
}

const EXPANDER_NUMBER = 129
const KEYPAD_NUMBER = 193
const USER_SERIAL = 128
/** Name types only newer modules know; others answer "other error" as for a missing device. */
const FIRST_NEW_TYPE = NAME_TYPE.outputWithDuration

function named(name: string | undefined, functionByte = 0, extra: readonly number[] = []): Named | undefined {
  return name === undefined ? undefined : { name, function: functionByte, extra }
}

function module(panel: VirtualPanel, number: number): Named | undefined {
  const list = number >= KEYPAD_NUMBER ? panel.spec.keypads : panel.spec.expanders
  const address = number - (number >= KEYPAD_NUMBER ? KEYPAD_NUMBER : EXPANDER_NUMBER)
  const unit = list.find((candidate) => candidate.address === address)
  return unit === undefined ? undefined : named(unit.name, unit.type)
}

/** Options 1: .0 two codes to arm, .1 two codes to disarm, .4 alarm verification (reference 4.8). */
function options(partition: PartitionSpec): number {
  return (
    (partition.twoCodesToArm ? 0x01 : 0) |
    (partition.twoCodesToDisarm ? 0x02 : 0) |
    (partition.alarmVerification ? 0x10 : 0)
  )
}

type Lookup = (panel: VirtualPanel, number: number) => Named | undefined

const partition =
  (extra: (spec: PartitionSpec) => readonly number[]): Lookup =>
  (panel, number) => {
    const spec = panel.layout.partition(number)
    return spec === undefined ? undefined : named(spec.name, spec.type, extra(spec))
  }

const LOOKUPS: Readonly<Record<NameType, Lookup>> = {
  [NAME_TYPE.partition]: partition(() => []),
  [NAME_TYPE.zone]: (panel, number) => {
    const zone = panel.layout.zone(number)
    return named(zone?.name, zone?.reaction)
  },
  [NAME_TYPE.user]: (panel, number) => named(panel.users.get(number)?.name, 0, [USER_SERIAL + (number & 0x1f)]),
  [NAME_TYPE.module]: module,
  [NAME_TYPE.output]: (panel, number) => {
    const output = panel.layout.output(number)
    return named(output?.name, output?.function)
  },
  [NAME_TYPE.zoneWithPartition]: (panel, number) => {
    const zone = panel.layout.zone(number)
    return named(zone?.name, zone?.reaction, [zone?.partition ?? 0])
  },
  [NAME_TYPE.timer]: (panel, number) => named(panel.spec.timers.find((timer) => timer.number === number)?.name),
  [NAME_TYPE.telephone]: (panel, number) =>
    named(panel.spec.telephones.find((telephone) => telephone.number === number)?.name),
  [NAME_TYPE.object]: (panel, number) => named(panel.spec.objects.find((object) => object.number === number)?.name),
  [NAME_TYPE.partitionWithObject]: partition((spec) => [spec.object]),
  [NAME_TYPE.outputWithDuration]: (panel, number) => {
    const output = panel.layout.output(number)
    const tenths = Math.min(0xffff, Math.round((output?.durationMs ?? 0) / 100))
    return named(output?.name, output?.function, [tenths >> 8, tenths & 0xff])
  },
  [NAME_TYPE.partitionWithOptions]: partition((spec) => [spec.object, options(spec), 0, 0, 0]),
  [NAME_TYPE.partitionWithDependencies]: partition((spec) => [spec.object, options(spec), 0, 0, 0, 0, 0, 0, 0]),
}

/** 0xEE: name and parameters of an object, `EF 08` for one that is not there (reference 4.8). */
export const readName: RequestHandler = ({ panel, profile }, payload, command) => {
  if (payload.length !== 2) return undefined
  const request = decodeNameRequest(payload)
  if (request === undefined) return result(RESULT.otherError)
  const { type, number } = request
  if (type >= FIRST_NEW_TYPE && profile.generation === 1) return result(RESULT.otherError)
  const found = LOOKUPS[type](panel, number)
  if (found === undefined) return result(RESULT.otherError)
  const extra = Uint8Array.from(found.extra)
  return {
    frame: encodeFrame(command, encodeNameRecord({ type, number, name: found.name, function: found.function, extra })),
  }
}
