// Spec 03 "DLOAD release": the worker closes the link for a service engineer and returns by itself at the end or when told; nothing is lost.
import { mkdtemp, rm } from 'node:fs/promises'
import { createConnection, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLog, systemClock } from '@stam/runtime'
import { endConnectionRelease, RELEASES_CHANNEL } from '@stam/store'
import { eventually } from '@stam/testkit'
import { afterEach, expect, it } from 'vitest'
import { startSatelWorker, WorkerConfig } from '../src/index.ts'
import { LeasedOwnership } from '../src/ownership/leased-ownership.ts'
import { expectBalanced, plainPanel, type Rig, settled, startRig } from './worker-rig.ts'

let rig: Rig
let engineer: Socket | undefined
afterEach(async () => {
  engineer?.destroy()
  engineer = undefined
  await rig.close()
})

const liveNow = async () => (await rig.live.panels.snapshot([...rig.ids.values()]))[0]
const connection = async () => (await liveNow())?.connection
const shows = (state: string, deadlineMs = 4_000) =>
  eventually(async () => (await connection()) === state, { deadlineMs, what: state })

/** As the backend does, with an end of the test's own. */
async function releaseFor(ms: number): Promise<void> {
  await rig.rows(
    `UPDATE panel_assignments SET released_until = clock_timestamp() + make_interval(secs => $1::float8 / 1000), released_reason = 'zmiana nastaw'`,
    [ms],
  )
  await rig.rows(`SELECT pg_notify($1, '')`, [RELEASES_CHANNEL])
}

/** DLOADX connects, and keeps the module's only place. A module that is taken says so and closes. */
async function engineerConnects(): Promise<void> {
  const { port } = rig.panel('p1')
  await eventually(
    async () => {
      const socket = createConnection({ host: '127.0.0.1', port })
      const isTaken = await new Promise<boolean>((resolve) => {
        socket.once('data', () => resolve(true))
        socket.once('close', () => resolve(true))
        socket.once('error', () => resolve(true))
        setTimeout(() => resolve(false), 150)
      })
      if (isTaken) socket.destroy()
      else engineer = socket
      return !isTaken
    },
    { what: 'a free module' },
  )
}

it('within a second, stays away without COMM_LOSS, and tells afterwards what happened meanwhile, once', async () => {
  rig = await startRig([plainPanel('p1')])
  const worker = await rig.startWorker({ commLossMs: 400, commGraceMs: 0 })
  await settled(worker, 1)
  await rig.panel('p1').do({ action: 'arm', partitions: [1], user: 1 })
  await eventually(async () => (await rig.events()).length > 0, { what: 'the arming' })
  await releaseFor(5_000)
  const began = systemClock.monotonic()
  await shows('RELEASED', 1_500)
  expect((await liveNow())?.connection_detail?.en).toMatch(/^until \d\d:\d\d$/)
  expect((await liveNow())?.bits).toBe(null)
  await engineerConnects()
  for (const zone of [3, 4]) await rig.panel('p1').do({ action: 'violate', zone })
  const before = (await rig.events()).length
  // Longer than COMM_LOSS takes, and nobody has knocked: a second client would make the module say so.
  await eventually(() => systemClock.monotonic() - began > 3_000)
  expect((await rig.events()).length).toBe(before)
  expect(await connection()).toBe('RELEASED')
  engineer?.destroy()
  await shows('CONNECTED', 8_000)
  expect(systemClock.monotonic() - began).toBeGreaterThan(4_500)
  await eventually(async () => (await rig.events()).filter((event) => event.event_type === 'ALARM').length === 2, {
    what: 'both alarms',
  })
  await settled(worker, 1)
  await expectBalanced(rig, 'p1')
  expect((await rig.events()).filter((event) => event.event_type.startsWith('COMM_'))).toEqual([])
})

it('is seen as released all the time, and comes back at once when told', async () => {
  rig = await startRig([plainPanel('p1')])
  const worker = await rig.startWorker({ liveRefreshMs: 200 })
  await settled(worker, 1)
  await releaseFor(3_600_000)
  await shows('RELEASED', 1_500)
  // As when two minutes have passed: the live store forgets what nobody repeats.
  rig.liveStore.parts.delete(`${rig.ids.get('p1')}:connection`)
  expect(await connection()).toBe('UNKNOWN')
  await shows('RELEASED')
  await rig.store.inTransaction((tx) => endConnectionRelease(tx, rig.ids.get('p1') as string))
  await shows('CONNECTED', 2_000)
})

it('is prolonged without being dialled in between, and noticed without a notification too', async () => {
  rig = await startRig([plainPanel('p1')])
  const worker = await rig.startWorker()
  await settled(worker, 1)
  await rig.rows(`UPDATE panel_assignments SET released_until = clock_timestamp() + interval '8 seconds'`)
  await shows('RELEASED', 7_000)
  await releaseFor(3_600_000)
  await engineerConnects()
  const seen = new Set<string | undefined>()
  const began = systemClock.monotonic()
  await eventually(
    async () => {
      seen.add(await connection())
      return systemClock.monotonic() - began > 9_000
    },
    { deadlineMs: 15_000 },
  )
  expect([...seen]).toEqual(['RELEASED'])
})

it('by its next owner and after a restart as well, and by its own time while the database is away', async () => {
  rig = await startRig([plainPanel('p1')])
  const first = await rig.startWorker()
  await settled(first, 1)
  await releaseFor(6_000)
  await shows('RELEASED', 1_500)
  await first.kill()
  const { connections } = rig.panel('p1').counters
  const second = await rig.startWorker()
  await shows('RELEASED')
  expect(second.figures()).toMatchObject({ panels: 1, connected: 0 })
  expect(rig.panel('p1').counters.connections).toBe(connections)
  second.cutOff()
  await shows('CONNECTED', 9_000)
  second.restore()
})

it('by a worker that holds panels by lease', async () => {
  rig = await startRig([plainPanel('p1')])
  const { store, bus, live } = rig
  const ownership = new LeasedOwnership({
    store,
    live,
    ownerId: 'leased',
    clock: systemClock,
    log: silentLog,
    leaseMs: 3_000,
    renewMs: 1_000,
    scanMs: 300,
  })
  const dataFolder = await mkdtemp(join(tmpdir(), 'stam-worker-'))
  const config = WorkerConfig.parse({ instanceId: 'leased', dataFolder })
  const worker = await startSatelWorker(config, { store, bus, live, log: silentLog, ownership })
  try {
    await eventually(() => worker.figures().connected === 1, { deadlineMs: 15_000 })
    await releaseFor(3_600_000)
    await shows('RELEASED', 1_500)
    const [{ epoch } = { epoch: 0 }] = await rig.rows<{ epoch: number }>('SELECT epoch FROM panel_assignments')
    // Through several renewals and scans: still its own, still released.
    const leases = new Set<string>()
    await eventually(
      async () => {
        const [row] = await rig.rows<{ lease: string }>('SELECT lease_expires_at::text AS lease FROM panel_assignments')
        leases.add(row?.lease ?? '')
        return leases.size > 3
      },
      { deadlineMs: 15_000 },
    )
    expect(await rig.rows('SELECT epoch FROM panel_assignments')).toEqual([{ epoch }])
    expect(await connection()).toBe('RELEASED')
  } finally {
    await worker.close()
    await rm(dataFolder, { recursive: true, force: true })
  }
})
