// Whoever enters address and key of a panel is told by a worker what is there, and no panel in service notices.
import { randomUUID } from 'node:crypto'
import { createConnection, createServer, type Socket } from 'node:net'
import { createKeyring, generateFernetKey, Secret } from '@stam/runtime'
import { type AskedTry, askForTry, forgetTry, readTry, takeTry } from '@stam/store'
import { eventually, openBlackHole } from '@stam/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { plainPanel, type Rig, settled, startRig, type TestWorker } from './worker-rig.ts'

const KEY = 'INTEGRAKEY12'
let rig: Rig
let worker: TestWorker
const sockets: Socket[] = []
beforeAll(async () => {
  rig = await startRig([plainPanel('served'), plainPanel('named')])
  await rig.rows(`UPDATE panels SET host = 'localhost' WHERE id = $1`, [rig.ids.get('named')])
  await rig.simulator.addPanel(plainPanel('plain'))
  await rig.simulator.addPanel(plainPanel('secret', { integrationKey: KEY }))
  worker = await rig.startWorker()
  await settled(worker, 2)
})
afterAll(async () => {
  for (const socket of sockets) socket.destroy()
  await rig.close()
})

async function tried(port: number, { host = '127.0.0.1', key }: { host?: string; key?: string } = {}) {
  const id = randomUUID()
  const asked: AskedTry = { id, host, port, encryptedKey: key === undefined ? null : rig.keyring.encrypt(key) }
  await rig.store.inTransaction((tx) => askForTry(tx, asked))
  const answer = await eventually(async () => (await readTry(rig.store, id)).answer ?? undefined, {
    deadlineMs: 18_000,
    what: 'an answer',
  })
  const left = await rig.rows<{ key: string | null }>(
    'SELECT integration_key_encrypted AS key FROM connection_tries WHERE id = $1',
    [id],
  )
  expect(left).toEqual([{ key: null }])
  await forgetTry(rig.store, id)
  return answer
}
const portOf = (id: string) => rig.panel(id).port
const connections = () => ['served', 'named'].map((id) => rig.panel(id).counters.connections)

it('names who answers, in clear and encrypted, and leaves again', async () => {
  const before = rig.panel('plain').counters.connections
  expect(await tried(portOf('plain'))).toEqual({
    outcome: 'reachable',
    took_ms: expect.any(Number),
    identity: expect.objectContaining({ model: 'INTEGRA 64 Plus', encrypted: false }),
    panel_id: null,
  })
  expect(rig.panel('plain').counters.connections).toBe(before + 1)
  // The module's only place is free again.
  expect(await tried(portOf('plain'))).toMatchObject({ outcome: 'reachable' })
  expect(await tried(portOf('secret'), { key: KEY })).toMatchObject({
    outcome: 'reachable',
    identity: { encrypted: true },
  })
})

it('tells a wrong key, a wrong mode, a busy module and a closed port apart', async () => {
  expect(await tried(portOf('secret'), { key: 'OTHERKEY' })).toMatchObject({ outcome: 'wrong_key', identity: null })
  expect(await tried(portOf('secret'))).toMatchObject({ outcome: 'mode_mismatch' })
  const engineer = createConnection({ host: '127.0.0.1', port: portOf('plain') })
  sockets.push(engineer)
  await eventually(() => rig.panel('plain').connected, { what: 'an engineer at the module' })
  expect(await tried(portOf('plain'))).toMatchObject({ outcome: 'busy' })
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  expect(await tried(port)).toMatchObject({ outcome: 'refused', took_ms: expect.any(Number) })
  expect(await tried(port, { host: 'nobody.invalid' })).toMatchObject({ outcome: 'unknown_host', took_ms: null })
})

it('tells an address where nobody is from a port where nothing listens', async () => {
  const hole = await openBlackHole()
  try {
    expect(await tried(hole.port)).toMatchObject({ outcome: 'no_answer', identity: null })
  } finally {
    await hole.close()
  }
  // No way there: told at once, and still no word of a port.
  expect(await tried(7094, { host: '255.255.255.255' })).toMatchObject({ outcome: 'no_answer' })
})

it('never knocks where one of our links is, under whichever name', async () => {
  const before = connections()
  for (const host of ['127.0.0.1', 'localhost', 'LOCALHOST']) {
    for (const id of ['served', 'named']) {
      expect(await tried(portOf(id), { host }), `${id} as ${host}`).toMatchObject({
        outcome: 'in_use',
        panel_id: rig.ids.get(id),
      })
    }
  }
  expect(connections()).toEqual(before)
  expect(worker.figures().connected).toBe(2)
})

it('says so when the key cannot be opened, and no log or row keeps it', async () => {
  const foreign = createKeyring(new Secret(generateFernetKey())).encrypt(KEY)
  const id = randomUUID()
  await askForTry(rig.store, { id, host: '127.0.0.1', port: portOf('secret'), encryptedKey: foreign })
  const { answer } = await eventually(
    async () => {
      const now = await readTry(rig.store, id)
      return now.answer === null ? undefined : now
    },
    { deadlineMs: 15_000, what: 'an answer' },
  )
  expect(answer).toMatchObject({ outcome: 'no_worker' })
})

it('is taken by one worker alone, and by nobody once nobody waits any more', async () => {
  await worker.close()
  const id = randomUUID()
  await askForTry(rig.store, { id, host: '127.0.0.1', port: 1, encryptedKey: null })
  const taken = await Promise.all(['a', 'b', 'c'].map((name) => takeTry(rig.store, name)))
  expect(taken.filter((one) => one !== null)).toEqual([{ id, host: '127.0.0.1', port: 1, encryptedKey: null }])
  await askForTry(rig.store, { id: randomUUID(), host: '127.0.0.1', port: 1, encryptedKey: null })
  await rig.rows(`UPDATE connection_tries SET asked_at = asked_at - interval '11 seconds' WHERE taken_by IS NULL`)
  expect(await takeTry(rig.store, 'a')).toBe(null)
})
