/** `/simulator/*` of the development centre: buttons move bits of the panels and raise alarms, roughly as real ones do. */
import type { PanelBits, PanelLive } from '@stam/contracts'
import type { Signal } from './alarm-book.ts'
import type { Answer, Ask, Centre } from './routes.ts'
import { signalOf } from './scenarios.ts'
import { type DevPanel, noBits } from './world.ts'

const put = (list: number[], value: number, on: boolean): number[] =>
  on ? [...new Set([...list, value])].sort((a, b) => a - b) : list.filter((one) => one !== value)

export function simulatorAnswer(centre: Centre, ask: Ask): Answer {
  const path = ask.path.replace(/^\/simulator/, '')
  const panels = [...centre.world.panels.values()]
  if (path === '/panels') return { status: 200, body: panels.map((panel) => view(centre, panel)) }
  if (path === '/scenarios' && ask.method === 'POST') return burst(centre, ask)
  const match = /^\/panels\/([^/]+)(\/do)?$/.exec(path)
  const panel = panels.find((one) => one.simulatorId === match?.[1])
  if (panel === undefined)
    return { status: 404, body: { error: { code: 'NOT_FOUND', message: 'no such panel', details: {} } } }
  if (match?.[2] === undefined) return { status: 200, body: view(centre, panel) }
  press(centre, panel, ask.body)
  return { status: 200, body: { ok: true } }
}

function view(centre: Centre, { panel, zones, partitions, live, simulatorId }: DevPanel): object {
  const site = centre.world.sites.get(panel.site_id)?.site.name ?? ''
  const bits = live.bits ?? noBits()
  return {
    id: simulatorId,
    name: site,
    model: panel.model,
    host: panel.host,
    port: panel.port,
    encrypted: panel.has_integration_key,
    connected: live.connection === 'CONNECTED',
    armed: bits.partitions_armed,
    alarm: bits.partitions_alarm,
    violated: bits.zones_violated,
    troubles: (live.troubles ?? []).length > 0,
    fault: live.connection === 'CONNECTED' ? 'none' : 'freeze',
    zoneCount: zones.length,
    zones: zones.map(({ number, name, partition_no }) => ({
      number,
      name,
      partition: partition_no ?? 1,
      reactionName: { pl: 'Zwykła', en: 'Instant' },
      violated: bits.zones_violated.includes(number),
      tampered: bits.zones_tampered.includes(number),
      alarm: bits.zones_alarm.includes(number),
    })),
    partitions: partitions.map(({ number, name }) => ({
      number,
      name,
      armed: bits.partitions_armed.includes(number),
      exitDelay: false,
      entryDelay: false,
      alarm: bits.partitions_alarm.includes(number),
      fireAlarm: false,
    })),
  }
}

type Raised = readonly [Signal['type'], Signal['priority'], Signal['text']]

/** Actions that raise something whatever the arming. */
const raising: Readonly<Record<string, Raised>> = {
  tamper: ['TAMPER', 'CRITICAL', { pl: 'Sabotaż wejścia', en: 'Zone tamper' }],
  ac_loss: ['TROUBLE', 'WARNING', { pl: 'Brak zasilania sieciowego', en: 'AC power lost' }],
  panic: ['ALARM', 'CRITICAL', { pl: 'Napad', en: 'Hold-up' }],
  fire: ['ALARM', 'CRITICAL', { pl: 'Pożar', en: 'Fire' }],
  wrong_code: ['UNAUTHORIZED_ACCESS', 'WARNING', { pl: 'Trzy błędne kody', en: 'Three wrong codes' }],
}
const burglary: Raised = ['ALARM', 'CRITICAL', { pl: 'Włamanie', en: 'Burglary' }]

function press(centre: Centre, panel: DevPanel, action: Record<string, unknown>): void {
  const name = String(action['action'] as string)
  const zone = Number(action['zone'] ?? 0)
  const before = panel.live.bits ?? noBits()
  const bits = bitsAfter(before, panel, name, zone, action['partition'])
  const alarming = bits.zones_alarm.length > before.zones_alarm.length
  const raised = alarming ? burglary : raising[name]
  if (raised !== undefined) {
    const [type, priority, text] = raised
    const object = panel.zones.find((one) => one.number === zone)?.name ?? null
    const place = { siteId: panel.panel.site_id, panelId: panel.panel.id, object, ...(zone > 0 ? { zone } : {}) }
    centre.book.raise({ ...place, type, priority, text })
  }
  if (name === 'fault') {
    const connection = action['mode'] === 'none' ? 'CONNECTED' : 'RECONNECTING'
    return publish(centre, panel, { connection, connection_since: new Date().toISOString() })
  }
  const acLoss = { key: 'ac:0', text: { pl: 'Brak zasilania sieciowego', en: 'AC power lost' }, object: 'Centrala' }
  const troubles = name === 'ac_loss' ? [acLoss] : name === 'ac_restore' ? [] : panel.live.troubles
  publish(centre, panel, { bits, troubles })
}

function bitsAfter(before: PanelBits, panel: DevPanel, name: string, zone: number, partition: unknown): PanelBits {
  const parts = partition === undefined ? panel.partitions.map((one) => one.number) : [Number(partition)]
  const armed = (on: boolean): number[] => parts.reduce((list, one) => put(list, one, on), before.partitions_armed)
  switch (name) {
    case 'violate': {
      const home = panel.zones.find((one) => one.number === zone)?.partition_no ?? 1
      const violated = { ...before, zones_violated: put(before.zones_violated, zone, true) }
      if (!before.partitions_armed.includes(home)) return violated
      const zones_alarm = put(before.zones_alarm, zone, true)
      return { ...violated, zones_alarm, partitions_alarm: put(before.partitions_alarm, home, true) }
    }
    case 'restore':
      return {
        ...before,
        zones_violated: put(before.zones_violated, zone, false),
        zones_alarm: put(before.zones_alarm, zone, false),
      }
    case 'tamper':
    case 'tamper_restore':
      return { ...before, zones_tampered: put(before.zones_tampered, zone, name === 'tamper') }
    case 'arm':
      return { ...before, partitions_armed: armed(true) }
    case 'disarm':
      return { ...before, partitions_armed: armed(false), partitions_alarm: [], zones_alarm: [] }
    case 'clear_alarm':
      return { ...before, partitions_alarm: [], zones_alarm: [] }
    default:
      return before
  }
}

export function publish(centre: Centre, panel: DevPanel, change: Partial<PanelLive>): void {
  const now = new Date().toISOString()
  panel.live = {
    ...panel.live,
    ...change,
    version: panel.live.version + 1,
    ...(change.connection === undefined && panel.live.connection !== 'CONNECTED'
      ? {}
      : { updated_at: now, last_contact_at: now }),
  }
  const { panel_id, epoch, version, connection, connection_detail, connection_since, last_contact_at } = panel.live
  centre.stream.broadcast({ sequence_id: null, timestamp: now, type: 'panel.state', data: panel.live })
  centre.stream.broadcast({
    sequence_id: null,
    timestamp: now,
    type: 'panel.status',
    data: { panel_id, epoch, version, connection, connection_detail, connection_since, last_contact_at },
  })
}

/** A burst of alarms spread over all panels. */
function burst(centre: Centre, ask: Ask): Answer {
  const { count = 50, overMs = 10_000 } = (ask.body['burst'] ?? {}) as { count?: number; overMs?: number }
  for (let n = 0; n < count; n += 1)
    setTimeout(() => centre.book.raise(signalOf(centre.world, n), { join: false }), (n * overMs) / count)
  return { status: 202, body: { id: 'burst' } }
}
