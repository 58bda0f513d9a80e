import { type PanelType } from '@stam/integra/codec'
import { type OutputSpec, type PanelSpec, type PartitionSpec, panelTypeOf, type ZoneSpec } from './panel-spec.ts'

/** The installation of a panel, ready for look-ups. Built once, never changed. */
export interface PanelLayout {
  readonly type: PanelType
  readonly zones: readonly ZoneSpec[]
  readonly partitions: readonly PartitionSpec[]
  readonly outputs: readonly OutputSpec[]
  zone(number: number): ZoneSpec | undefined
  partition(number: number): PartitionSpec | undefined
  output(number: number): OutputSpec | undefined
  zonesOf(partition: number): readonly ZoneSpec[]
}

const NO_ZONES: readonly ZoneSpec[] = []

export function panelLayout(spec: PanelSpec): PanelLayout {
  const zones = new Map(spec.zones.map((zone) => [zone.number, zone]))
  const partitions = new Map(spec.partitions.map((partition) => [partition.number, partition]))
  const outputs = new Map(spec.outputs.map((output) => [output.number, output]))
  const byPartition = new Map<number, ZoneSpec[]>()
  for (const zone of spec.zones) {
    const list = byPartition.get(zone.partition)
    if (list === undefined) byPartition.set(zone.partition, [zone])
    else list.push(zone)
  }
  return {
    type: panelTypeOf(spec.model),
    zones: spec.zones,
    partitions: spec.partitions,
    outputs: spec.outputs,
    zone: (number) => zones.get(number),
    partition: (number) => partitions.get(number),
    output: (number) => outputs.get(number),
    zonesOf: (partition) => byPartition.get(partition) ?? NO_ZONES,
  }
}
