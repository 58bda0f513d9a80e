// Spec 04 "WebSocket": the slow client, the fresh token, the silent client, the restart; each with limits made short.
import { connect } from 'node:net'
import { createBundler, enrichEvent, repeatAnomaly } from '@stam/domain'
import { recordEvents } from '@stam/store'
import { eventually } from '@stam/testkit'
import { afterEach, describe, expect, it } from 'vitest'
import { panelEvent, type Rig, startRig } from './rig.ts'
import { Screen } from './screen.ts'

let rig: Rig | undefined
afterEach(async () => {
  await rig?.close()
  rig = undefined
})

describe('a slow client', () => {
  it('is closed once its buffer is full, and delays nobody', async () => {
    rig = await startRig({ config: { socketBufferBytes: 65_536 } })
    const { backend } = rig
    const operator = await rig.person('OPERATOR')
    const from = (await operator.call('GET', '/api/alarms')).body.stream_position as number
    const quick = await Screen.open(rig, operator)
    quick.resume(from)
    await quick.heard('replay_done')
    const slow = await deafClient(backend.url, (await operator.call('POST', '/api/auth/ws-ticket')).body.ticket)
    // Far more than the buffers of both operating systems' ends hold, in few transactions.
    const text = 'Bardzo długi opis zdarzenia. '.repeat(700)
    const panels = await Promise.all(Array.from({ length: 60 }, async () => rig?.panel(await rig.site())))
    const rules = { createBundler, enrichEvent, repeatAnomaly }
    await eventually(
      async () => {
        const signals = panels.map((panel) => panelEvent(panel as string, { description: { pl: text, en: text } }))
        await recordEvents((rig as Rig).store, rules, signals)
        await rig?.relay()
        return socketsOf(await metrics(backend.url)) === 1
      },
      { deadlineMs: 40_000, what: 'the slow client to be closed' },
    )
    const last = (await operator.call('GET', '/api/alarms')).body.stream_position as number
    await eventually(() => quick.numbers.at(-1) === last, { deadlineMs: 15_000 })
    expect(quick.numbers).toHaveLength(last - from)
    slow.destroy()
    await quick.leave()
  }, 90_000)
})

describe('the check for a fresh token', () => {
  it('passes with one and ends the socket without', async () => {
    rig = await startRig({ config: { authCheckIntervalMs: 1_000, authAnswerMs: 3_000 } })
    const operator = await rig.person('OPERATOR')
    const answering = await Screen.open(rig, operator)
    const silent = await Screen.open(rig, operator)
    const lying = await Screen.open(rig, operator)
    const other = await rig.person('MASTER')
    for (const [screen, token] of [
      [answering, operator.token],
      [lying, other.token],
    ] as const) {
      screen.socket.on('message', (data) => {
        if (JSON.parse(data.toString()).type === 'auth_check') screen.send({ type: 'auth', access_token: token })
      })
    }
    expect((await silent.heard('auth_check')).data).toEqual({ answer_within_ms: 3_000 })
    expect(await silent.closed(15_000)).toBe(4002)
    expect(await lying.closed(15_000)).toBe(4002)
    const checks = () => answering.messages.filter((message) => message.type === 'auth_check').length
    await eventually(() => checks() >= 2, { deadlineMs: 15_000 })
    expect(answering.closedWith).toBeNull()
    await answering.leave()
  })
})

describe('a client that has gone silently', () => {
  it('is let go after two unanswered pings', async () => {
    rig = await startRig({ config: { heartbeatMs: 500 } })
    const { backend } = rig
    const operator = await rig.person('OPERATOR')
    const alive = await Screen.open(rig, operator)
    const dead = await deafClient(backend.url, (await operator.call('POST', '/api/auth/ws-ticket')).body.ticket)
    expect(socketsOf(await metrics(backend.url))).toBe(2)
    await eventually(async () => socketsOf(await metrics(backend.url)) === 1, { what: 'the dead client to be noticed' })
    expect(alive.closedWith).toBeNull()
    dead.destroy()
    await alive.leave()
  })
})

describe('the end of the process', () => {
  it('tells every client to come back with 1012 and finishes what is in flight', async () => {
    rig = await startRig()
    const operator = await rig.person('OPERATOR')
    const screen = await Screen.open(rig, operator)
    await rig.close()
    rig = undefined
    expect(await screen.closed()).toBe(1012)
  })
})

describe('limits', () => {
  it('hold for sockets of one user', async () => {
    rig = await startRig({ config: { socketsPerUser: 2 } })
    const operator = await rig.person('OPERATOR')
    const screens = [await Screen.open(rig, operator), await Screen.open(rig, operator)]
    const { body } = await operator.call('POST', '/api/auth/ws-ticket')
    const third = new Screen(`${rig.backend.url.replace('http', 'ws')}/ws?ticket=${body.ticket}`)
    expect(await third.closed()).toBe(4003)
    for (const screen of screens) await screen.leave()
  })
})

/** Speaks just enough to be upgraded and subscribed, then reads nothing more. */
async function deafClient(url: string, ticket: string) {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  socket.write(
    `GET /ws?ticket=${ticket} HTTP/1.1\r\nHost: ${hostname}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  )
  await new Promise<void>((resolve) => socket.once('data', () => resolve()))
  const payload = Buffer.from('{"type":"subscribe","channels":["alarms"]}')
  const mask = Buffer.from([1, 2, 3, 4])
  const masked = payload.map((byte, index) => byte ^ (mask[index % 4] as number))
  socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | payload.length]), mask, masked]))
  socket.pause()
  return socket
}

async function metrics(url: string): Promise<string> {
  return (await fetch(`${url}/metrics`, { headers: { connection: 'close' } })).text()
}

function socketsOf(text: string): number {
  return Number(/^websocket_connections_active\S* (\d+)/m.exec(text)?.[1])
}
