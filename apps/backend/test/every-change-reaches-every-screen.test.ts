// Spec 04 "WebSocket": tickets, live messages, catch-up, scope, heartbeat, checks and the way out, over real sockets.
import { eventually } from '@stam/testkit'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { type Rig, type Signed, startRig } from './rig.ts'
import { Screen } from './screen.ts'

let rig: Rig
let operator: Signed
const screens: Screen[] = []
beforeAll(async () => {
  rig = await startRig()
  operator = await rig.person('OPERATOR')
})
afterEach(async () => {
  for (const screen of screens.splice(0)) await screen.leave()
})
afterAll(() => rig.close())

async function open(person = operator): Promise<Screen> {
  const screen = await Screen.open(rig, person)
  screens.push(screen)
  return screen
}
const position = async () => (await operator.call('GET', '/api/alarms')).body.stream_position as number
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + 1 + index)

describe('the way in', () => {
  it('takes a ticket once, and closes with 4001 for a second time, an old one, none, nonsense', async () => {
    const { body } = await operator.call('POST', '/api/auth/ws-ticket')
    expect(body.expires_in).toBe(10)
    const url = `${rig.backend.url.replace('http', 'ws')}/ws`
    const good = new Screen(`${url}?ticket=${body.ticket}`)
    screens.push(good)
    await good.heard('hello')
    for (const query of [`?ticket=${body.ticket}`, '', '?ticket=', '?ticket=x', `?ticket=${'A'.repeat(43)}`]) {
      const screen = new Screen(url + query)
      expect(await screen.closed(), query).toBe(4001)
      expect(screen.messages).toEqual([])
    }
  })

  it('is at /ws and nowhere else', async () => {
    const socket = new WebSocket(`${rig.backend.url.replace('http', 'ws')}/elsewhere`)
    const status = await new Promise((resolve) => {
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode))
      socket.on('error', () => {})
    })
    expect(status).toBe(404)
    socket.terminate()
  })

  it('refuses a ticket of a session that has ended since', async () => {
    const person = await rig.person('OPERATOR')
    const { body } = await person.call('POST', '/api/auth/ws-ticket')
    await person.call('POST', '/api/auth/logout-all')
    const screen = new Screen(`${rig.backend.url.replace('http', 'ws')}/ws?ticket=${body.ticket}`)
    expect(await screen.closed()).toBe(4001)
  })
})

describe('live', () => {
  it('shows an alarm, its claim and its end to everybody, in order, within the same moment', async () => {
    const [one, two] = [await open(), await open(await rig.person('MASTER'))]
    const from = await position()
    for (const screen of [one, two]) screen.resume(from)
    for (const screen of [one, two]) await screen.heard('replay_done')
    const id = await rig.alarm(await rig.panel(await rig.site()))
    await operator.call('POST', `/api/alarms/${id}/claim`, { version: 1 })
    await operator.call('POST', `/api/alarms/${id}/close`, {
      version: 2,
      disposition: 'FALSE',
      note: 'Pomyłka obsługi',
    })
    await rig.relay()
    for (const screen of [one, two]) {
      const closed = await screen.heard('alarm.closed', (message) => message.data.id === id)
      expect(closed.data).toMatchObject({ status: 'CLOSED', version: 3 })
      const own = screen.messages.filter((message) => 'data' in message && (message.data as { id?: string }).id === id)
      expect(own.map((message) => message.type)).toEqual(['alarm.new', 'alarm.updated', 'alarm.closed'])
      expect(screen.numbers).toEqual(range(from, from + 3))
    }
  })

  it('comes without a replay request too, a moment after subscribing', async () => {
    const screen = await open()
    screen.send({ type: 'subscribe', channels: ['alarms'] })
    await screen.heard('subscribed')
    const id = await rig.alarm(await rig.panel(await rig.site()))
    await rig.relay()
    await screen.heard('alarm.new', (message) => message.data.id === id)
  })

  it('answers a ping with the position everything up to which was sent', async () => {
    const screen = await open()
    screen.send({ type: 'ping', id: 7 })
    expect((await screen.heard('pong')).data).toEqual({ id: 7, stream_position: 0 })
    const from = await position()
    screen.resume(from)
    await screen.heard('replay_done')
    screen.send({ type: 'ping', id: 8 })
    expect((await screen.heard('pong', (message) => message.data.id === 8)).data.stream_position).toBe(from)
  })
})

describe('catching up', () => {
  it('brings what was missed without gap or duplicate while everything goes on, and to the latest', async () => {
    const from = await position()
    const sites = await Promise.all(Array.from({ length: 8 }, () => rig.site()))
    const panels = await Promise.all(sites.map((site) => rig.panel(site)))
    let stop = false
    // Writers of all kinds at once, numbered and published while screens come and go.
    const writers = panels.map(async (panel) => {
      for (let round = 0; !stop && round < 60; round++) {
        const id = await rig.alarm(panel, {
          zone_no: 1 + (round % 8),
          default_priority: round % 2 ? 'WARNING' : 'CRITICAL',
        })
        if (round % 3 === 0) await operator.call('POST', `/api/alarms/${id}/note`, { version: 1_000, note: 'nie' })
      }
    })
    const relay = (async () => {
      while (!stop) await rig.relay()
    })()
    // Nobody can have what has not been said yet.
    await eventually(async () => (await position()) >= from + 10)
    const watched: Screen[] = []
    for (let number = 0; number < 12; number++) {
      const screen = await open()
      watched.push(screen)
      screen.resume(from + (number % 3) * 5)
      await new Promise<void>((resolve) => setTimeout(resolve, 40))
    }
    await Promise.all(writers)
    stop = true
    await relay
    await rig.relay()
    const last = await position()
    for (const [number, screen] of watched.entries()) {
      await eventually(() => screen.numbers.at(-1) === last, { what: `screen ${number} to reach ${last}` })
      expect(screen.numbers).toEqual(range(from + (number % 3) * 5, last))
    }
  }, 60_000)

  it('goes on after a lost connection exactly where it was', async () => {
    const from = await position()
    const first = await open()
    first.resume(from)
    const panel = await rig.panel(await rig.site())
    await rig.alarm(panel)
    await rig.relay()
    await eventually(() => first.numbers.length === 1)
    first.socket.terminate()
    for (let number = 0; number < 5; number++) await rig.alarm(panel, { zone_no: 2 })
    await rig.relay()
    const second = await open()
    second.resume(first.numbers.at(-1) as number)
    const done = await second.heard('replay_done')
    expect([...first.numbers, ...second.numbers]).toEqual(range(from, await position()))
    expect(done.data).toMatchObject({ count: second.numbers.length, tier: 1 })
  })

  it('tells a client that comes from a later life of the database to reload, and keeps it live', async () => {
    const screen = await open()
    screen.resume((await position()) + 1_000)
    const overflow = await screen.heard('replay_overflow')
    expect(overflow.data.retry_after_ms).toBeGreaterThanOrEqual(0)
    expect(overflow.data.retry_after_ms).toBeLessThanOrEqual(5_000)
    const id = await rig.alarm(await rig.panel(await rig.site()))
    await rig.relay()
    await screen.heard('alarm.new', (message) => message.data.id === id)
  })
})

describe('a site scope', () => {
  it('holds in live, in replay and in pictures', async () => {
    const own = await rig.site()
    const foreign = await rig.site()
    const [ownPanel, foreignPanel] = [await rig.panel(own), await rig.panel(foreign)]
    const technician = await rig.person('TECHNICIAN', [own])
    const from = await position()
    await rig.alarm(foreignPanel)
    await rig.alarm(ownPanel)
    await rig.relay()
    const screen = await open(technician)
    expect((await screen.heard('hello')).data.contiguous).toBe(false)
    screen.resume(from, ['alarms', 'panels', `panel:${foreignPanel}`, `panel:${ownPanel}`])
    await screen.heard('replay_done')
    await rig.alarm(foreignPanel, { zone_no: 5 })
    const last = await rig.alarm(ownPanel, { zone_no: 6 })
    await rig.relay()
    await screen.heard('alarm.updated', (message) => message.data.id === last)
    await screen.heard('panel.state', (message) => message.data.panel_id === ownPanel)
    // What it asked for is said back to it as it was asked, so that the answer tells nothing about what exists.
    const text = JSON.stringify(screen.messages.filter((message) => message.type !== 'subscribed'))
    expect(text).toContain(own)
    expect(text).not.toContain(foreign)
    expect(text).not.toContain(foreignPanel)
    const numbers = screen.numbers
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
    screen.send({ type: 'ping', id: 1 })
    expect((await screen.heard('pong')).data.stream_position).toBe(await position())
  })
})

describe('the session behind a socket', () => {
  it('takes the socket with it when it ends', async () => {
    const person = await rig.person('OPERATOR')
    const screen = await open(person)
    await person.call('POST', '/api/auth/logout-all')
    expect(await screen.closed()).toBe(4002)
  })
})

describe('a client that breaks the protocol', () => {
  it('is told once or twice, then closed, and never hurts the others', async () => {
    const other = await open()
    const screen = await open()
    for (const nonsense of ['not json', '{"type":"dance"}', '{"type":"subscribe","channels":["panel:x"]}']) {
      screen.socket.send(nonsense)
    }
    expect(await screen.closed()).toBe(4003)
    expect(screen.messages.filter((message) => message.type === 'error')).toHaveLength(2)
    const binary = await open()
    binary.socket.send(Buffer.alloc(8))
    expect(await binary.closed()).toBe(4003)
    const large = await open()
    large.socket.send('x'.repeat(20_000))
    expect(await large.closed()).toBe(1009)
    const flood = await open()
    for (let number = 0; number < 200; number++) flood.send({ type: 'ping', id: number })
    expect(await flood.closed()).toBe(4003)
    other.send({ type: 'ping', id: 1 })
    await other.heard('pong')
  })
})
