/** Alarms of the development centre: the real rules of `domain`, kept in memory, with a numbered log as the stream. */
import { randomUUID } from 'node:crypto'
import type {
  AlarmDetail,
  AlarmSummary,
  AlarmTransition,
  Disposition,
  EventRecord,
  EventType,
  Me,
  PersonRef,
  Priority,
  ServerMessage,
  Text,
} from '@stam/contracts'
import { type AlarmActor, type AlarmInput, allowedActions, transition } from '@stam/domain'
import type { World } from './world.ts'

export type Numbered = ServerMessage & { sequence_id: number }

interface Kept {
  alarm: AlarmSummary
  transitionVersion: number
  events: EventRecord[]
  transitions: AlarmTransition[]
  changedBy: string
}

export interface Signal {
  readonly siteId: string
  readonly panelId: string | null
  readonly priority: Priority
  readonly type: EventType
  readonly text: Text
  readonly object: string | null
  readonly zone?: number
  readonly agoMs?: number
}

export type Refused = { refused: string; current: AlarmSummary; changed_by: string; allowed: readonly string[] }

export interface AlarmBook {
  readonly log: Numbered[]
  readonly alarms: Map<string, Kept>
  position(): number
  raise(signal: Signal, options?: { join?: boolean; quiet?: boolean }): AlarmSummary
  act(
    id: string,
    user: Me,
    input: {
      type: 'claim' | 'release' | 'take_over' | 'ack' | 'resolve' | 'close' | 'note'
      version: number
      note?: string
      disposition?: Disposition
    },
  ): AlarmSummary | Refused | null
  detail(id: string, user: Me): AlarmDetail | null
  allowed(id: string, user: Me): ReturnType<typeof allowedActions>
}

const iso = (ago = 0): string => new Date(Date.now() - ago).toISOString()

export function createAlarmBook(world: World, announce: (message: Numbered) => void): AlarmBook {
  const alarms = new Map<string, Kept>()
  const log: Numbered[] = []
  let number = 1200
  let sequence = 0

  const say = (type: 'alarm.new' | 'alarm.updated' | 'alarm.closed', alarm: AlarmSummary): void => {
    const message: Numbered = { sequence_id: ++sequence, timestamp: iso(), type, data: alarm }
    log.push(message)
    if (log.length > 5_000) log.shift()
    announce(message)
  }
  const stateOf = (kept: Kept) => ({
    status: kept.alarm.status,
    priority: kept.alarm.priority,
    version: kept.alarm.version,
    transition_version: kept.transitionVersion,
    handler_id: kept.alarm.handler?.id ?? null,
    requires_note: kept.alarm.requires_note,
    test_mode: kept.alarm.test_mode,
  })
  const eventOf = (signal: Signal, alarmId: string): EventRecord => ({
    event_id: randomUUID(),
    panel_id: signal.panelId,
    site_id: signal.siteId,
    alarm_id: alarmId,
    timestamp: iso(signal.agoMs),
    received_at: iso(signal.agoMs),
    recorded_at: iso(signal.agoMs),
    source: signal.panelId === null ? 'OPERATOR' : 'MEMORY',
    event_type: signal.type,
    event_code: 130,
    restore: signal.type === 'RESTORE',
    zone_no: signal.zone ?? null,
    partition_no: 1,
    user_no: null,
    description: signal.text,
    object_name: signal.object,
    default_priority: signal.priority,
    priority: signal.priority,
    late: false,
    test_mode: false,
    repeat_of: null,
    repeat_count: 0,
    memory_index: 4242,
    epoch: 1,
    panel_seq: sequence,
  })

  const book: AlarmBook = {
    log,
    alarms,
    position: () => sequence,
    raise(signal, options = {}) {
      const open =
        options.join === false
          ? undefined
          : [...alarms.values()].find(
              ({ alarm }) =>
                alarm.site.id === signal.siteId &&
                alarm.priority === signal.priority &&
                ['NEW', 'IN_PROGRESS', 'ACK'].includes(alarm.status),
            )
      if (open !== undefined) {
        const a = open.alarm
        open.alarm = {
          ...a,
          version: a.version + 1,
          event_count: a.event_count + 1,
          last_seen: iso(),
          updated_at: iso(),
        }
        open.events.unshift(eventOf(signal, a.id))
        say('alarm.updated', open.alarm)
        return open.alarm
      }
      const { site } = world.sites.get(signal.siteId) as NonNullable<ReturnType<World['sites']['get']>>
      const id = randomUUID()
      const at = iso(signal.agoMs)
      const service = site.service_mode.active
      const alarm: AlarmSummary = {
        id,
        number: ++number,
        version: 1,
        site: { id: site.id, code: site.code, name: site.name, city: site.city },
        panel_id: signal.panelId,
        stream: signal.panelId === null ? 'manual' : 'panel',
        priority: service && signal.priority === 'CRITICAL' ? 'WARNING' : signal.priority,
        status: 'NEW',
        headline: signal.text,
        object_name: signal.object,
        event_types: [signal.type],
        event_count: 1,
        repeat_count: 0,
        first_seen: at,
        last_seen: at,
        created_at: at,
        updated_at: at,
        handler: null,
        claimed_at: null,
        acked_at: null,
        resolved_at: null,
        closed_at: null,
        disposition: null,
        requires_note: signal.type === 'UNAUTHORIZED_ACCESS',
        normal_since: null,
        service_mode: service,
        test_mode: site.test_mode.active,
        late: false,
      }
      const opened: AlarmTransition = {
        id: randomUUID(),
        at,
        action: 'open',
        from_status: null,
        to_status: 'NEW',
        actor: { kind: 'system', id: null, name: 'STAM' },
        note: null,
        disposition: null,
        version_before: null,
        version_after: 1,
      }
      alarms.set(id, {
        alarm,
        transitionVersion: 1,
        events: [eventOf(signal, id)],
        transitions: [opened],
        changedBy: 'STAM',
      })
      if (options.quiet === true) sequence += 1
      else say('alarm.new', alarm)
      return alarm
    },
    act(id, user, input) {
      const kept = alarms.get(id)
      if (kept === undefined) return null
      const actor: AlarmActor = { id: user.id, role: user.role }
      const outcome = transition(stateOf(kept), {
        ...input,
        actor,
        ...(input.type === 'close' ? { disposition: input.disposition ?? 'OTHER' } : {}),
        handler_gone: false,
      } as AlarmInput)
      if (!outcome.ok)
        return { refused: outcome.refused, current: kept.alarm, changed_by: kept.changedBy, allowed: outcome.allowed }
      const { next, effects } = outcome
      const before = kept.alarm
      const handler: PersonRef | null =
        effects.handler_id === undefined
          ? before.handler
          : effects.handler_id === null
            ? null
            : { id: user.id, name: user.name }
      kept.alarm = {
        ...before,
        status: next.status,
        version: next.version,
        handler,
        updated_at: iso(),
        disposition: effects.disposition ?? before.disposition,
        ...(effects.stamp ? { [effects.stamp]: iso() } : {}),
      }
      kept.transitionVersion = next.transition_version
      kept.changedBy = user.name
      kept.transitions.push({
        id: randomUUID(),
        at: iso(),
        action: effects.action,
        from_status: before.status,
        to_status: next.status,
        actor: { kind: 'user', id: user.id, name: user.name },
        note: effects.note,
        disposition: effects.disposition ?? null,
        version_before: before.version,
        version_after: next.version,
      })
      say(next.status === 'CLOSED' ? 'alarm.closed' : 'alarm.updated', kept.alarm)
      return kept.alarm
    },
    allowed: (id, user) => {
      const kept = alarms.get(id)
      return kept === undefined ? [] : allowedActions(stateOf(kept), { id: user.id, role: user.role })
    },
    detail(id, user) {
      const kept = alarms.get(id)
      const place = kept && world.sites.get(kept.alarm.site.id)
      if (kept === undefined || place === undefined) return null
      const { site, contacts, procedures } = place
      const recent = [...alarms.values()]
        .map((other) => other.alarm)
        .filter((alarm) => alarm.site.id === site.id && alarm.id !== id)
      return {
        alarm: kept.alarm,
        site: {
          id: site.id,
          code: site.code,
          name: site.name,
          type: site.type,
          address_line: site.address_line,
          postal_code: site.postal_code,
          city: site.city,
          latitude: site.latitude,
          longitude: site.longitude,
          notes: site.notes,
          contacts,
        },
        procedure: procedures[0] ?? null,
        events: kept.events.slice(0, 200),
        events_truncated: kept.events.length > 200,
        transitions: kept.transitions,
        recent_alarms: recent.sort((a, b) => (a.created_at < b.created_at ? 1 : -1)).slice(0, 10),
        allowed_actions: book.allowed(id, user),
      }
    },
  }
  return book
}
