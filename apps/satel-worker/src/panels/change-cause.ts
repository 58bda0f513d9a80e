/** Who or what changed a partition, as the panel tells: its users and zones, never a code. Pure. */
import type { PanelEvent } from '@stam/contracts'

type Telling = Pick<PanelEvent, 'event_type' | 'partition_no' | 'user_no' | 'zone_no' | 'object_name'>

/** Whether an event of this kind explains that the partition is now shown in that state. */
export function explains(event: Telling, partition: number, state: string): boolean {
  if (event.partition_no !== partition) return false
  switch (event.event_type) {
    case 'ARM':
      return state.startsWith('ARMED') || state === 'EXIT_DELAY'
    case 'DISARM':
      return state === 'DISARMED'
    case 'ALARM':
    case 'TAMPER':
      return state === 'ALARM' || state === 'FIRE_ALARM'
    default:
      return false
  }
}

/** `Kowalski Jan (3)`: the user or zone as the panel names it, with its number; null when the event names neither. */
export function causeOf(event: Telling): string | null {
  const number = event.user_no ?? event.zone_no
  if (number === null) return event.object_name
  return event.object_name === null ? `${number}` : `${event.object_name} (${number})`
}
