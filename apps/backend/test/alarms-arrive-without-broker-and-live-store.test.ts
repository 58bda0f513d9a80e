// Spec 01 "Modes", 04 "Redis gone", design flow 1: with broker and live store away everything still works, only slower,
// and every screen is told within 5 s which part is missing.
import type { PanelLive } from '@stam/contracts'
import { readStream } from '@stam/store'
import { eventually } from '@stam/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { unknownState } from '../src/panels/live-state.ts'
import { type Rig, type Signed, startRig } from './rig.ts'
import { Screen } from './screen.ts'

let rig: Rig
let operator: Signed
let screen: Screen
beforeEach(async () => {
  rig = await startRig()
  await rig.live.presence.beat('outbox-relay', 'the-test', 600_000)
  operator = await rig.person('OPERATOR')
  screen = await Screen.open(rig, operator)
  screen.resume(0)
  await screen.heard('replay_done')
})
afterEach(async () => {
  await screen.leave()
  await rig.close()
})

const state = (panel_id: string, fields: Partial<PanelLive> = {}): PanelLive => ({
  ...unknownState(panel_id),
  epoch: 1,
  version: 1,
  connection: 'CONNECTED',
  connection_since: '2026-01-01T10:00:00.000Z',
  worker_id: 'worker',
  last_contact_at: new Date().toISOString(),
  updated_at: new Date().toISOString(),
  ...fields,
})

describe('with the broker away', () => {
  it('alarms come from PostgreSQL, within a moment of their commit, and nothing is missing when it is back', async () => {
    rig.broker.stop()
    const panel = await rig.panel(await rig.site())
    const first = await rig.alarm(panel)
    await rig.relay({ publish: false })
    await screen.heard('alarm.new', (message) => message.data.id === first, 1_000)
    rig.broker.start()
    await rig.alarm(panel, { zone_no: 2 })
    await rig.relay()
    await screen.heard('alarm.updated', (message) => message.data.id === first && message.data.version === 2)
    expect(screen.numbers).toEqual([1, 2])
  })

  it('every screen is told what is missing and since when, and again when it is back', async () => {
    await screen.heard('system.status', (message) => message.data.mode === 'normal')
    rig.broker.stop()
    // Other parts of this small stage may be missed by then too; it is the broker that is asked about.
    const brokerIs = (state: string) => (message: { data: { components: { name: string; state: string }[] } }) =>
      message.data.components.some((component) => component.name === 'rabbitmq' && component.state === state)
    const degraded = await screen.heard('system.status', brokerIs('down'), 5_000)
    expect(degraded.data.mode).toBe('degraded')
    const broker = degraded.data.components.find((component) => component.name === 'rabbitmq')
    expect(broker?.state).toBe('down')
    expect(Date.parse(broker?.since ?? '')).not.toBeNaN()
    expect((await rig.backend.app.inject('/readyz')).json()).toMatchObject({
      status: 'ready',
      degraded: expect.arrayContaining(['rabbitmq']),
    })
    screen.messages.length = 0
    rig.broker.start()
    await screen.heard('system.status', brokerIs('up'), 5_000)
  })
})

describe('with the live store away', () => {
  beforeEach(() => rig.liveStore.stop())

  it('tickets, limits and replay come from PostgreSQL', async () => {
    const panel = await rig.panel(await rig.site())
    await rig.alarm(panel)
    await rig.relay()
    const second = await Screen.open(rig, operator)
    second.resume(0)
    await second.heard('replay_done')
    expect(second.numbers).toEqual([1])
    const { body } = await operator.call('POST', '/api/auth/ws-ticket')
    const url = `${rig.backend.url.replace('http', 'ws')}/ws?ticket=${body.ticket}`
    const [once, twice] = [new Screen(url), new Screen(url)]
    const codes = await eventually(() => {
      const closed = [once, twice].filter((one) => one.closedWith === 4001)
      return closed.length === 1 && closed
    })
    expect(codes).toHaveLength(1)
    for (const one of [second, once, twice]) await one.leave()
  })

  it('live state is unknown, never fine, and the screens are told', async () => {
    rig.liveStore.start()
    const panel = await rig.panel(await rig.site())
    await rig.live.panels.apply(state(panel))
    await screen.heard(
      'panel.status',
      (message) => message.data.panel_id === panel && message.data.connection === 'CONNECTED',
    )
    rig.liveStore.stop()
    const unknown = await screen.heard(
      'panel.status',
      (message) => message.data.panel_id === panel && message.data.connection === 'UNKNOWN',
    )
    // As new as what was shown before, so that a screen takes it.
    expect(unknown.data).toMatchObject({ epoch: 1, version: 1 })
    const { body } = await operator.call('GET', `/api/panels/${panel}/state`)
    expect(body.live).toMatchObject({ connection: 'UNKNOWN', bits: null })
  })
})

describe('with both away, and every relay dead', () => {
  it('alarms still reach the screens', async () => {
    rig.broker.stop()
    rig.liveStore.stop()
    const id = await rig.alarm(await rig.panel(await rig.site()))
    await screen.heard('alarm.new', (message) => message.data.id === id, 8_000)
    const { messages } = await readStream(rig.store, 0, 10)
    expect(messages).toHaveLength(1)
  })
})

describe('pictures of panels', () => {
  it('come in full when subscribed to, and then as they change, whole and not too often', async () => {
    const panel = await rig.panel(await rig.site())
    await rig.live.panels.apply(state(panel))
    const watching = await Screen.open(rig, operator)
    watching.send({ type: 'subscribe', channels: [`panel:${panel}`, 'panels'] })
    const first = await watching.heard('panel.state', (message) => message.data.panel_id === panel)
    expect(first.data).toMatchObject({ connection: 'CONNECTED', version: 1 })
    await watching.heard('panel.status', (message) => message.data.panel_id === panel)
    const startedAt = performance.now()
    for (let version = 2; version <= 60; version++) await rig.live.panels.apply(state(panel, { version }))
    await watching.heard('panel.state', (message) => message.data.version === 60)
    const pushes = watching.messages.filter((message) => message.type === 'panel.state').length - 1
    expect(pushes).toBeLessThanOrEqual(Math.ceil((performance.now() - startedAt) / 100) + 1)
    // The overview hears of the link only, which has not changed since it was first told.
    expect(watching.messages.filter((message) => message.type === 'panel.status').length).toBeLessThanOrEqual(2)
    await rig.live.panels.apply(state(panel, { version: 61, connection: 'RECONNECTING' }))
    await watching.heard('panel.status', (message) => message.data.connection === 'RECONNECTING')
    watching.send({ type: 'subscribe', channels: [] })
    await watching.heard('subscribed', (message) => message.data.channels.length === 0)
    await rig.live.panels.apply(state(panel, { version: 62, connection: 'CONNECTED' }))
    await screen.heard('panel.status', (message) => message.data.panel_id === panel && message.data.version === 62)
    expect(JSON.stringify(watching.messages)).not.toContain('"version":62')
    await watching.leave()
  })
})

describe('the system status', () => {
  it('counts panels by what is known of their links', async () => {
    const panels = await Promise.all([1, 2, 3].map(async () => rig.panel(await rig.site())))
    await rig.live.panels.apply(state(panels[0] as string))
    await rig.live.panels.apply(state(panels[1] as string, { connection: 'DISCONNECTED' }))
    const status = await screen.heard('system.status', (message) => message.data.panels.connected === 1, 40_000)
    expect(status.data.panels).toEqual({ total: 3, connected: 1, without_contact: 2, without_worker: 1 })
  }, 60_000)
})
