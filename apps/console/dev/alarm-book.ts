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
  Priority,
  ServerMessage,
  Site,
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

interface Command {
  type: 'claim' | 'release' | 'take_over' | 'ack' | 'resolve' | 'close' | 'note'
  version: number
  note?: string
  disposition?: Disposition
}

const iso = (ago = 0): string => new Date(Date.now() - ago).toISOString()
const logLength = 5_000

export class AlarmBook {
  readonly log: Numbered[] = []
  readonly alarms = new Map<string, Kept>()
  readonly #world: World
  readonly #announce: (message: Numbered) => void
  #number = 1200
  #sequence = 0

  constructor(world: World, announce: (message: Numbered) => void) {
    this.#world = world
    this.#announce = announce
  }

  position(): number {
    return this.#sequence
  }

  raise(signal: Signal, options: { join?: boolean; quiet?: boolean } = {}): AlarmSummary {
    const open = options.join === false ? undefined : this.#openAlarm(signal)
    if (open !== undefined) return this.#join(open, signal)
    const site = this.#world.sites.get(signal.siteId)?.site
    if (site === undefined) throw new Error(`no site ${signal.siteId}`)
    this.#number += 1
    const alarm = newAlarm(this.#number, site, signal)
    const events = [newEvent(signal, alarm.id, this.#sequence)]
    this.alarms.set(alarm.id, { alarm, transitionVersion: 1, events, transitions: [opening(alarm)], changedBy: 'STAM' })
    if (options.quiet === true) this.#sequence += 1
    else this.#say('alarm.new', alarm)
    return alarm
  }

  act(id: string, user: Me, command: Command): AlarmSummary | Refused | null {
    const kept = this.alarms.get(id)
    if (kept === undefined) return null
    const actor: AlarmActor = { id: user.id, role: user.role }
    const disposition = command.type === 'close' ? { disposition: command.disposition ?? 'OTHER' } : {}
    const input = { ...command, actor, ...disposition, handler_gone: false } as AlarmInput
    const outcome = transition(stateOf(kept), input)
    const before = kept.alarm
    if (!outcome.ok)
      return { refused: outcome.refused, current: before, changed_by: kept.changedBy, allowed: outcome.allowed }
    const { next, effects } = outcome
    const person = { id: user.id, name: user.name }
    kept.alarm = {
      ...before,
      status: next.status,
      version: next.version,
      handler: effects.handler_id === undefined ? before.handler : effects.handler_id === null ? null : person,
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
      actor: { kind: 'user', ...person },
      note: effects.note,
      disposition: effects.disposition ?? null,
      version_before: before.version,
      version_after: next.version,
    })
    this.#say(next.status === 'CLOSED' ? 'alarm.closed' : 'alarm.updated', kept.alarm)
    return kept.alarm
  }

  allowed(id: string, user: Me): ReturnType<typeof allowedActions> {
    const kept = this.alarms.get(id)
    return kept === undefined ? [] : allowedActions(stateOf(kept), { id: user.id, role: user.role })
  }

  detail(id: string, user: Me): AlarmDetail | null {
    const kept = this.alarms.get(id)
    const place = kept && this.#world.sites.get(kept.alarm.site.id)
    if (kept === undefined || place === undefined) return null
    const { site, contacts, procedures } = place
    const recent = [...this.alarms.values()]
      .map((other) => other.alarm)
      .filter((alarm) => alarm.site.id === site.id && alarm.id !== id)
    return {
      alarm: kept.alarm,
      site: { ...site, contacts },
      procedure: procedures[0] ?? null,
      events: kept.events.slice(0, 200),
      events_truncated: kept.events.length > 200,
      transitions: kept.transitions,
      recent_alarms: recent.sort((a, b) => (a.created_at < b.created_at ? 1 : -1)).slice(0, 10),
      allowed_actions: this.allowed(id, user),
    }
  }

  #openAlarm(signal: Signal): Kept | undefined {
    return [...this.alarms.values()].find(
      ({ alarm }) =>
        alarm.site.id === signal.siteId &&
        alarm.priority === signal.priority &&
        ['NEW', 'IN_PROGRESS', 'ACK'].includes(alarm.status),
    )
  }

  #join(open: Kept, signal: Signal): AlarmSummary {
    const { alarm } = open
    open.alarm = {
      ...alarm,
      version: alarm.version + 1,
      event_count: alarm.event_count + 1,
      last_seen: iso(),
      updated_at: iso(),
    }
    open.events.unshift(newEvent(signal, alarm.id, this.#sequence))
    this.#say('alarm.updated', open.alarm)
    return open.alarm
  }

  #say(type: 'alarm.new' | 'alarm.updated' | 'alarm.closed', alarm: AlarmSummary): void {
    this.#sequence += 1
    const message: Numbered = { sequence_id: this.#sequence, timestamp: iso(), type, data: alarm }
    this.log.push(message)
    if (this.log.length > logLength) this.log.shift()
    this.#announce(message)
  }
}

const stateOf = ({ alarm, transitionVersion }: Kept) => ({
  status: alarm.status,
  priority: alarm.priority,
  version: alarm.version,
  transition_version: transitionVersion,
  // Nothing here completes an event, so every change counts.
  decision_version: alarm.version,
  handler_id: alarm.handler?.id ?? null,
  requires_note: alarm.requires_note,
  test_mode: alarm.test_mode,
})

function newAlarm(number: number, site: Site, signal: Signal): AlarmSummary {
  const at = iso(signal.agoMs)
  const service = site.service_mode.active
  return {
    id: randomUUID(),
    number,
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
}

const opening = (alarm: AlarmSummary): AlarmTransition => ({
  id: randomUUID(),
  at: alarm.created_at,
  action: 'open',
  from_status: null,
  to_status: 'NEW',
  actor: { kind: 'system', id: null, name: 'STAM' },
  note: null,
  disposition: null,
  version_before: null,
  version_after: 1,
})

const newEvent = (signal: Signal, alarmId: string, sequence: number): EventRecord => ({
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
