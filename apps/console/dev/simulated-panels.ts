/** `/simulator/*` of the development centre: buttons move bits of the panels and raise alarms, roughly as real ones do. */
import type { PanelLive } from '@stam/contracts'
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

function press(centre: Centre, panel: DevPanel, action: Record<string, unknown>): void {
  const bits = { ...(panel.live.bits ?? noBits()) }
  const zone = Number(action['zone'] ?? 0)
  const parts =
    action['partition'] === undefined ? panel.partitions.map((one) => one.number) : [Number(action['partition'])]
  let troubles = panel.live.troubles ?? []
  const raise = (
    text: { pl: string; en: string },
    type: 'ALARM' | 'TAMPER' | 'TROUBLE' | 'UNAUTHORIZED_ACCESS',
    priority: 'CRITICAL' | 'WARNING',
  ) => {
    const object = panel.zones.find((one) => one.number === zone)?.name ?? null
    centre.book.raise({
      siteId: panel.panel.site_id,
      panelId: panel.panel.id,
      priority,
      type,
      text,
      object,
      ...(zone > 0 ? { zone } : {}),
    })
  }
  switch (action['action']) {
    case 'violate': {
      const partition = panel.zones.find((one) => one.number === zone)?.partition_no ?? 1
      bits.zones_violated = put(bits.zones_violated, zone, true)
      if (bits.partitions_armed.includes(partition)) {
        bits.zones_alarm = put(bits.zones_alarm, zone, true)
        bits.partitions_alarm = put(bits.partitions_alarm, partition, true)
        raise({ pl: 'Włamanie', en: 'Burglary' }, 'ALARM', 'CRITICAL')
      }
      break
    }
    case 'restore':
      bits.zones_violated = put(bits.zones_violated, zone, false)
      bits.zones_alarm = put(bits.zones_alarm, zone, false)
      break
    case 'tamper':
      bits.zones_tampered = put(bits.zones_tampered, zone, true)
      raise({ pl: 'Sabotaż wejścia', en: 'Zone tamper' }, 'TAMPER', 'CRITICAL')
      break
    case 'tamper_restore':
      bits.zones_tampered = put(bits.zones_tampered, zone, false)
      break
    case 'arm':
      for (const one of parts) bits.partitions_armed = put(bits.partitions_armed, one, true)
      break
    case 'disarm':
      for (const one of parts) bits.partitions_armed = put(bits.partitions_armed, one, false)
      bits.partitions_alarm = []
      bits.zones_alarm = []
      break
    case 'clear_alarm':
      bits.partitions_alarm = []
      bits.zones_alarm = []
      break
    case 'ac_loss':
    case 'trouble':
      troubles = [{ key: 'ac:0', text: { pl: 'Brak zasilania sieciowego', en: 'AC power lost' }, object: 'Centrala' }]
      raise({ pl: 'Brak zasilania sieciowego', en: 'AC power lost' }, 'TROUBLE', 'WARNING')
      break
    case 'ac_restore':
    case 'trouble_restore':
      troubles = []
      break
    case 'panic':
      raise({ pl: 'Napad', en: 'Hold-up' }, 'ALARM', 'CRITICAL')
      break
    case 'fire':
      raise({ pl: 'Pożar', en: 'Fire' }, 'ALARM', 'CRITICAL')
      break
    case 'wrong_code':
      raise({ pl: 'Trzy błędne kody', en: 'Three wrong codes' }, 'UNAUTHORIZED_ACCESS', 'WARNING')
      break
    case 'fault':
      publish(centre, panel, {
        connection: action['mode'] === 'none' ? 'CONNECTED' : 'RECONNECTING',
        connection_since: new Date().toISOString(),
      })
      break
  }
  publish(centre, panel, { bits, troubles })
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
