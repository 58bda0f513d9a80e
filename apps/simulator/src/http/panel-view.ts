import { COMMAND, ZONE_REACTIONS } from '@stam/integra/codec'
import type { z } from 'zod'
import { armedMode } from '../panel/arming.ts'
import { outputControl } from '../panel/output-functions.ts'
import { wallTimeOf } from '../panel/panel-clock.ts'
import { hasTroubles } from '../panel/trouble-status.ts'
import { presentTroubles } from '../panel/troubles.ts'
import { alarmsAtOnce } from '../panel/zone-behaviour.ts'
import type { SimulatedPanel } from '../simulated-panel.ts'
import type { PanelDetail, PanelSummary } from './schemas.ts'

function localText(localMs: number): string {
  const { year, month, day, hour, minute, second } = wallTimeOf(localMs)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}`
}

function merged(...lists: number[][]): number[] {
  return [...new Set(lists.flat())].sort((a, b) => a - b)
}

/** A panel in one row. */
export function panelSummary(panel: SimulatedPanel): z.infer<typeof PanelSummary> {
  const { core } = panel
  const { state, spec, layout } = core
  const numbers = (slot: number) => state.numbers(slot)
  return {
    id: panel.id,
    name: panel.name,
    model: panel.model,
    module: spec.module.profile,
    host: panel.host,
    port: panel.port,
    encrypted: panel.encrypted,
    connected: panel.connected,
    armed: numbers(COMMAND.partitionsArmed),
    delayRunning: merged(
      numbers(COMMAND.partitionsExitDelayLong),
      numbers(COMMAND.partitionsExitDelayShort),
      numbers(COMMAND.partitionsEntryDelay),
    ),
    alarm: merged(numbers(COMMAND.partitionsAlarm), numbers(COMMAND.partitionsFireAlarm)),
    violated: numbers(COMMAND.zonesViolated),
    tampered: numbers(COMMAND.zonesTampered),
    troubles: hasTroubles(state),
    serviceMode: core.inServiceMode,
    mode: panel.mode,
    fault: panel.faultMode,
    zoneCount: layout.zones.length,
    partitionCount: layout.partitions.length,
    panelTime: localText(core.clock.localMs()),
    clockErrorSeconds: Math.round(core.clock.errorMs() / 100) / 10,
    eventsInMemory: core.memory.count,
  }
}

/** Everything a control page shows of a panel. */
export function panelDetail(panel: SimulatedPanel): z.infer<typeof PanelDetail> {
  const { core } = panel
  const { state, layout } = core
  return {
    ...panelSummary(panel),
    partitions: layout.partitions.map(({ number, name }) => {
      const armed = state.has(COMMAND.partitionsArmed, number)
      return {
        number,
        name,
        armed,
        armMode: armed ? armedMode(core, number) : null,
        exitDelay:
          state.has(COMMAND.partitionsExitDelayLong, number) || state.has(COMMAND.partitionsExitDelayShort, number),
        entryDelay: state.has(COMMAND.partitionsEntryDelay, number),
        alarm: state.has(COMMAND.partitionsAlarm, number),
        fireAlarm: state.has(COMMAND.partitionsFireAlarm, number),
        alarmMemory:
          state.has(COMMAND.partitionsAlarmMemory, number) || state.has(COMMAND.partitionsFireAlarmMemory, number),
        verified: state.has(COMMAND.partitionsVerifiedAlarm, number),
      }
    }),
    zones: layout.zones.map((zone) => {
      const { number } = zone
      const celsius = core.temperature(number)
      return {
        number,
        name: zone.name,
        partition: zone.partition,
        reaction: zone.reaction,
        reactionName: reactionName(zone.reaction),
        alarmsAtOnce: alarmsAtOnce(zone.reaction),
        violated: state.has(COMMAND.zonesViolated, number),
        tampered: state.has(COMMAND.zonesTampered, number),
        alarm: state.has(COMMAND.zonesAlarm, number),
        alarmMemory: state.has(COMMAND.zonesAlarmMemory, number),
        bypassed: state.has(COMMAND.zonesBypassed, number),
        isolated: state.has(COMMAND.zonesIsolated, number),
        celsius: celsius ?? null,
        isTemperatureZone: celsius !== undefined,
      }
    }),
    outputs: layout.outputs.map((output) => ({
      number: output.number,
      name: output.name,
      function: output.function,
      controllable: outputControl(output.function) !== undefined,
      on: state.has(COMMAND.outputsOn, output.number),
    })),
    users: core.users.all.map(({ number, name, type }) => ({ number, name, type })),
    presentTroubles: presentTroubles(core),
    counters: { ...panel.counters },
  }
}

function reactionName(reaction: number): { pl: string; en: string } {
  const found = ZONE_REACTIONS[reaction]
  return { pl: found?.polish ?? String(reaction), en: found?.english ?? String(reaction) }
}
