import type { AlarmStream, EventType, Priority, SiteSettings } from '@stam/contracts'

const RANK: Record<Priority, number> = { CRITICAL: 0, WARNING: 1, INFO: 2 }

/** 0 = CRITICAL; smaller is more urgent, so it sorts. */
export function priorityRank(priority: Priority): number {
  return RANK[priority]
}

/** One level down; INFO stays INFO. */
export function oneLower(priority: Priority): Priority {
  return priority === 'CRITICAL' ? 'WARNING' : 'INFO'
}

export interface PriorityInput {
  readonly eventType: EventType
  /** From the signal alone, set by whoever produced the event. */
  readonly defaultPriority: Priority
  /** `priority_overrides` of the event's zone; null when it has no zone or the zone has none. */
  readonly zoneOverrides: Readonly<Record<string, Priority>> | null
  readonly settings: Pick<SiteSettings, 'unauthorized_critical'>
  readonly serviceMode: boolean
}

/**
 * The second step of priorities (spec 02): the zone's override for this event type, else the site's rule, else the
 * default; then one level lower in service mode. A manual report keeps what the person chose, and events that open
 * no alarm (RESTORE, ARM …) keep their INFO.
 */
export function effectivePriority(input: PriorityInput): Priority {
  const { eventType, defaultPriority } = input
  if (eventType === 'MANUAL' || eventType === 'SYNTHETIC') return defaultPriority
  const override = input.zoneOverrides?.[eventType]
  const raised = eventType === 'UNAUTHORIZED_ACCESS' && input.settings.unauthorized_critical
  const chosen = override ?? (raised ? 'CRITICAL' : defaultPriority)
  return input.serviceMode ? oneLower(chosen) : chosen
}

const STREAMS: Record<EventType, AlarmStream> = {
  ALARM: 'panel',
  TAMPER: 'panel',
  TROUBLE: 'panel',
  RESTORE: 'panel',
  ARM: 'panel',
  DISARM: 'panel',
  BYPASS: 'panel',
  ACCESS: 'panel',
  TEST: 'panel',
  INFO: 'panel',
  UNAUTHORIZED_ACCESS: 'unauthorized',
  TEMP_ALARM: 'temperature',
  TEMP_NORMAL: 'temperature',
  COMM_LOSS: 'system',
  COMM_RESTORED: 'system',
  AUTO_ARM_FAILED: 'system',
  MANUAL: 'manual',
  SYNTHETIC: 'system',
}

/** Streams keep unrelated causes of one site in separate alarms (spec 02, bundling). */
export function streamOf(eventType: EventType): AlarmStream {
  return STREAMS[eventType]
}

const OPENING: ReadonlySet<EventType> = new Set<EventType>([
  'ALARM',
  'TAMPER',
  'TROUBLE',
  'UNAUTHORIZED_ACCESS',
  'TEMP_ALARM',
  'COMM_LOSS',
  'AUTO_ARM_FAILED',
  'MANUAL',
])

/** Whether an event of this type opens or joins an alarm. The others are recorded, and attached where they belong. */
export function opensAlarm(eventType: EventType): boolean {
  return OPENING.has(eventType)
}

/** Closing these needs a note (spec 02). */
export function requiresNote(stream: AlarmStream): boolean {
  return stream === 'temperature' || stream === 'unauthorized'
}
