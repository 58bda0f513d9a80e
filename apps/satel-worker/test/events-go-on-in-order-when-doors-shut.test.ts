import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually } from '@stam/testkit'
import { afterEach, expect, it } from 'vitest'
import { expectBalanced, plainPanel, type Rig, settled, startRig } from './worker-rig.ts'

let rig: Rig
afterEach(() => rig.close())

async function burst(id: string, from: number, to: number): Promise<void> {
  for (let zone = from; zone <= to; zone++) await rig.panel(id).do({ action: 'violate', zone })
}

async function recorded(count: number): Promise<void> {
  await eventually(async () => {
    const told = (await rig.events()).filter((event) => event.source !== 'WORKER')
    return told.length >= count
  })
}

it('without the broker they go straight into the database, also what the broker took and nobody recorded', async () => {
  rig = await startRig([plainPanel('p1')])
  const worker = await rig.startWorker()
  await settled(worker, 1)
  await rig.panel('p1').do({ action: 'arm', partitions: [1], user: 1 })
  await recorded(1)
  await rig.pauseRecording()
  await burst('p1', 1, 4)
  // Four alarms, each told once or twice, are with the broker.
  const waiting = async () => (await rig.bus.queueDepths()).reduce((sum, { messages }) => sum + messages, 0)
  await eventually(async () => (await waiting()) >= 4 && worker.figures().held === 0)
  rig.broker.stop()
  await burst('p1', 5, 8)
  // Nobody records what the broker holds, and yet all of it is there, in the panel's order.
  await recorded(9)
  await settled(worker, 1)
  const zones = (await rig.events()).filter((event) => event.event_type === 'ALARM').map((event) => event.zone_no)
  expect(zones).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  const [cursor] = await rig.rows<{ memory_seq: string; panel_seq: string }>('SELECT * FROM panel_cursors')
  expect(Number(cursor?.memory_seq)).toBeGreaterThan(0)
  rig.broker.start()
  rig.resumeRecording()
  await burst('p1', 9, 10)
  await recorded(11)
  await expectBalanced(rig, 'p1')
})

it('without both they wait, safe on disk, and go out in order when one is back', async () => {
  rig = await startRig([plainPanel('p1')])
  const worker = await rig.startWorker()
  await settled(worker, 1)
  await rig.panel('p1').do({ action: 'arm', partitions: [1], user: 1 })
  await recorded(1)
  worker.cutOff()
  await burst('p1', 1, 6)
  // Six alarms, each told once or twice.
  const spool = async () => (await readFile(join(worker.dataFolder, 'spool', 'spool.jsonl'), 'utf8')).trim().split('\n')
  const zones = (lines: string[]) => new Set(lines.map((line) => (JSON.parse(line) as { zone_no: number }).zone_no))
  await eventually(async () => {
    const lines = await spool()
    const { held, spooled } = worker.figures()
    return zones(lines).size === 6 && held === lines.length && spooled === lines.length
  })
  worker.restore()
  await recorded(7)
  await settled(worker, 1)
  await eventually(() => worker.figures().spooled === 0)
  expect((await rig.events()).filter((event) => event.event_type === 'ALARM').map((event) => event.zone_no)).toEqual([
    1, 2, 3, 4, 5, 6,
  ])
  await expectBalanced(rig, 'p1')
})

it('what a stopped worker left on disk its successor publishes first', async () => {
  rig = await startRig([plainPanel('p1')])
  const first = await rig.startWorker({ drainMs: 50, commLossMs: 300, commGraceMs: 0 })
  await settled(first, 1)
  first.cutOff()
  // Only this process knows of it: nothing in the panel says that it was away.
  await rig.panel('p1').do({ action: 'fault', mode: 'refuse' })
  await eventually(() => first.figures().spooled >= 1)
  await first.close()
  await rig.panel('p1').do({ action: 'fault', mode: 'none' })
  const second = await rig.startWorker({ dataFolder: first.dataFolder, reconcileIntervalMs: 300 })
  await eventually(async () => (await rig.events()).some((event) => event.event_type === 'COMM_LOSS'))
  await settled(second, 1)
  // It took over before that was recorded, and yet takes it back.
  await eventually(async () => (await rig.events()).some((event) => event.event_type === 'COMM_RESTORED'))
  const [alarm] = await rig.rows<{ normal_since: Date | null }>('SELECT * FROM alarms')
  expect(alarm?.normal_since).not.toBe(null)
  await eventually(async () => (await readdir(join(first.dataFolder, 'spool'))).length === 0)
})
