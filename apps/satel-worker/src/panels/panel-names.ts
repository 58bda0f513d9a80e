import { type NameRecord, nameExtras, NAME_TYPE } from '@stam/integra'
import type { PanelObjectName } from '@stam/store'
import type { PanelNames, ZoneFacts } from '../story/panel-facts.ts'

/** Names as kept in the database → as the story looks them up. */
export function toPanelNames(objects: readonly PanelObjectName[]): PanelNames {
  const zones = new Map<number, ZoneFacts>()
  const partitions = new Map<number, string>()
  const outputs = new Map<number, string>()
  const users = new Map<number, string>()
  for (const { kind, number, name, function: reaction, partition_no } of objects) {
    if (kind === 'zone') zones.set(number, { name, reaction, partition: partition_no })
    else if (kind === 'partition') partitions.set(number, name)
    else if (kind === 'output') outputs.set(number, name)
    else if (kind === 'user') users.set(number, name)
  }
  return { zones, partitions, outputs, users }
}

const KINDS: Readonly<Record<number, PanelObjectName['kind']>> = {
  [NAME_TYPE.zone]: 'zone',
  [NAME_TYPE.zoneWithPartition]: 'zone',
  [NAME_TYPE.partition]: 'partition',
  [NAME_TYPE.partitionWithObject]: 'partition',
  [NAME_TYPE.output]: 'output',
  [NAME_TYPE.outputWithDuration]: 'output',
  [NAME_TYPE.user]: 'user',
  [NAME_TYPE.module]: 'expander',
  [NAME_TYPE.object]: 'object',
}

/** An answer of the panel → a row of the database; undefined for a type we do not keep. */
export function toPanelObject(record: NameRecord): PanelObjectName | undefined {
  const kind = KINDS[record.type]
  if (kind === undefined) return undefined
  const extras = nameExtras(record)
  return {
    kind,
    number: record.number,
    name: record.name.trim(),
    function: kind === 'zone' || kind === 'output' ? record.function : null,
    partition_no: within(extras.partition, 32),
    object_no: within(extras.object, 8),
  }
}

/** A number that does not exist is none: 0 stands for "unused" in some firmwares. */
function within(number: number | undefined, last: number): number | null {
  return number !== undefined && number >= 1 && number <= last ? number : null
}
