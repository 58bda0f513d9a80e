// Spec 06 "Web": what no browser sends. Found by `./stam fuzz`, each with the bytes that did it; and clients that dawdle on purpose.
import { connect, type Socket } from 'node:net'
import { eventually } from '@stam/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Rig, type Signed, startRig } from './rig.ts'

let rig: Rig
let operator: Signed
beforeAll(async () => {
  rig = await startRig({ config: { headersMs: 400, requestMs: 600, connectionsPerAddress: 200 } })
  operator = await rig.person('OPERATOR')
})
afterAll(() => rig.close())

const portOf = (of: Rig) => Number(new URL(of.backend.url).port)

/** Writes, then reads until the server ends the connection. */
function exchange(text: string, of = rig): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(portOf(of), '127.0.0.1', () => socket.write(text))
    let answer = ''
    socket.on('data', (data) => (answer += String(data)))
    socket.on('error', () => {})
    socket.on('close', () => resolve(answer))
  })
}

const upgrade = (target: string, key = 'dGhlIHNhbXBsZSBub25jZQ==') =>
  `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`
const slow = 'GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n'

describe('a request that is none', () => {
  it.each(['//', '//:0', 'http://[', '///', '*'])(
    'for an upgrade of %s is refused and the process lives',
    async (target) => {
      expect(await exchange(upgrade(target))).toMatch(/^HTTP\/1\.1 4\d\d /)
      expect((await operator.call('GET', '/api/auth/me')).status).toBe(200)
    },
  )

  it.each([
    ['garbage', 'NONSENSE\r\n\r\n'],
    ['an upgrade without a key', upgrade('/ws', '')],
    ['an upgrade to nowhere', upgrade('/nowhere')],
    ['a head too long', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`],
  ])('%s behind a request never answers in its place', async (_, nonsense) => {
    expect(await exchange(slow + nonsense)).toMatch(/^(HTTP\/1\.1 200 |$)/)
  })

  it.each([
    ['no HTTP', 'NONSENSE\r\n\r\n'],
    ['an address that cannot be decoded', 'GET /api/alarms/%ff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
  ])('%s is answered with a request id, and with nothing a browser would act on', async (_, text) => {
    const [head = '', body = ''] = (await exchange(text)).split('\r\n\r\n')
    expect(head).toMatch(/^HTTP\/1\.1 400 /)
    expect(head).toMatch(/x-request-id: [0-9a-f-]{36}/i)
    expect(head).toMatch(/x-content-type-options: nosniff/i)
    expect(head).toMatch(/content-security-policy: default-src 'none'/i)
    expect(JSON.parse(body).error.code).toBe('INVALID_REQUEST')
  })
})

describe('an answer that ends the connection', () => {
  const login = (length: number) =>
    `POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`

  /** Writes bit by bit and reads; tells what came, and whether the server took everything that was written. */
  function partingWith(text: string): Promise<{ answer: string; ended: string }> {
    return new Promise((resolve) => {
      const socket = connect({ port: portOf(rig), host: '127.0.0.1', allowHalfOpen: true }, () => writeFrom(0))
      const writeFrom = (at: number): void => {
        if (at >= text.length) return void socket.end()
        socket.write(text.slice(at, at + 20_000))
        setImmediate(() => writeFrom(at + 20_000))
      }
      let answer = ''
      let ended = 'without a word'
      socket.on('data', (data) => (answer += String(data)))
      socket.on('end', () => (ended = 'in order'))
      socket.on('error', (error: NodeJS.ErrnoException) => (ended = String(error.code)))
      socket.on('close', () => resolve({ answer, ended }))
    })
  }

  it.each([
    ['a body that is too large', login(4_000_000) + 'x'.repeat(4_000_000), 413],
    ['a body that is no JSON, with more requests behind it', `${login(4)}{"a"${slow.repeat(50_000)}`, 400],
    ['no HTTP, with more of it behind', `NONSENSE\r\n\r\n${'x'.repeat(4_000_000)}`, 400],
  ])('reaches the sender of %s', async (_, text, status) => {
    const { answer, ended } = await partingWith(text)
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(ended).toBe('in order')
    expect(answer.match(/^HTTP\/1\.1 /gm), 'nothing behind it is answered').toHaveLength(1)
  })

  it.each([
    ['a body that is no JSON', `${login(4)}{"a"`],
    ['an upgrade to nowhere', upgrade('/nowhere')],
    ['an upgrade without a ticket', upgrade('/ws')],
    ['no HTTP', 'NONSENSE\r\n\r\n'],
  ])('to %s does not wait long for a sender who never ends', async (_, text) => {
    const socket = connect({ port: portOf(rig), host: '127.0.0.1', allowHalfOpen: true })
    let gone = false
    socket.on('error', () => {})
    socket.on('close', () => (gone = true))
    socket.resume()
    socket.write(text)
    const dribble = setInterval(() => socket.write('x'), 50)
    try {
      await eventually(() => gone, { what: 'the connection is gone' })
    } finally {
      clearInterval(dribble)
      socket.destroy()
    }
  })
})

describe('clients that dawdle', () => {
  /** Opens many, keeps each just alive by a byte now and then; tells how many the server has left. */
  async function dawdle(count: number, first: string): Promise<{ left(): number; end(): void }> {
    const sockets = new Set<Socket>()
    const dribbles: NodeJS.Timeout[] = []
    for (let n = 0; n < count; n++) {
      const socket = connect(portOf(rig), '127.0.0.1')
      socket.on('error', () => {})
      socket.on('close', () => sockets.delete(socket))
      socket.resume()
      await new Promise((resolve) => socket.once('connect', resolve))
      sockets.add(socket)
      socket.write(first)
      dribbles.push(setInterval(() => socket.write('a'), 50))
    }
    return {
      left: () => sockets.size,
      end: () => {
        for (const dribble of dribbles) clearInterval(dribble)
        for (const socket of sockets) socket.destroy()
      },
    }
  }

  it.each([
    ['with the head of a request', 'GET /api/auth/me HTTP/1.1\r\nHost: x\r\nX-Slow: '],
    [
      'with its body',
      'POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{"email":"',
    ],
    [
      'with a chunk of it',
      'POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n',
    ],
  ])(
    '%s are shown the door, and nobody else waits for them',
    async (_, first) => {
      const crowd = await dawdle(80, first)
      try {
        const answer = await fetch(`${rig.backend.url}/healthz`)
        expect(answer.status).toBe(200)
        await answer.arrayBuffer()
        await eventually(() => crowd.left() === 0, { deadlineMs: 10_000, what: 'all of them are gone' })
      } finally {
        crowd.end()
      }
    },
    20_000,
  )

  it('cannot take more connections from one address than are theirs', async () => {
    const crowd = await dawdle(250, 'GET / HTTP/1.1\r\n')
    try {
      await eventually(() => crowd.left() <= 200, { deadlineMs: 15_000, what: 'the ones too many are gone' })
      await eventually(async () => (await fetch(`${rig.backend.url}/healthz`)).ok, {
        deadlineMs: 10_000,
        what: 'there is room again',
      })
    } finally {
      crowd.end()
    }
  })
})
