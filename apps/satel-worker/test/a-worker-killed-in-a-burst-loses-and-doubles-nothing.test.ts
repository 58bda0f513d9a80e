import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '@stam/testkit'
import { afterEach, expect, it } from 'vitest'
import { expectBalanced, ledgerOf, plainPanel, type Rig, settled, startRig, type TestWorker } from './worker-rig.ts'

let rig: Rig
afterEach(() => rig.close())

/** Repeatable chance: when to kill, what to press. */
function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
}

const PANELS = ['p1', 'p2', 'p3']

async function press(random: () => number): Promise<void> {
  const panel = rig.panel(PANELS[Math.floor(random() * PANELS.length)] as string)
  const zone = 1 + Math.floor(random() * 12)
  const what = random()
  if (what < 0.55) await panel.do({ action: 'violate', zone })
  else if (what < 0.8) await panel.do({ action: 'restore', zone })
  else if (what < 0.9) await panel.do({ action: 'tamper', zone })
  else if (what < 0.95) await panel.do({ action: 'clear_alarm', partitions: [1], user: 1 })
  else await panel.do({ action: 'tamper_restore', zone })
}

it.each([1, 2, 3])(
  'the ledger balances whenever the worker is killed and whatever was under way (%i)',
  async (seed) => {
    const random = chance(seed)
    const timing = { exitDelayMs: 0, entryDelayMs: 0, alarmTimeMs: 200 }
    rig = await startRig(PANELS.map((id) => plainPanel(id, { timing, module: { profile: seed === 2 ? 'v1' : 'v2' } })))
    const config = { snapshotIntervalMs: seed % 2 === 0 ? 60_000 : 100 }
    let worker: TestWorker = await rig.startWorker(config)
    await settled(worker, PANELS.length)
    for (const id of PANELS) await rig.panel(id).do({ action: 'arm', partitions: [1], user: 1 })
    for (let life = 0; life < 6; life++) {
      if (random() < 0.4) await rig.pauseRecording()
      for (let act = 0; act < 40; act++) {
        await press(random)
        if (random() < 0.3) await sleep(random() * 15)
      }
      if (random() < 0.5) rig.resumeRecording()
      await sleep(random() * 120)
      await worker.kill()
      for (let act = 0; act < 10; act++) await press(random)
      worker = await rig.startWorker(config)
      if (random() < 0.5) await eventually(() => worker.figures().connected === PANELS.length)
      if (random() < 0.5) rig.resumeRecording()
    }
    rig.resumeRecording()
    await settled(worker, PANELS.length)
    const all = PANELS.reduce((sum, id) => sum + ledgerOf(rig, id).length, 0)
    await eventually(async () => (await rig.events()).filter((event) => event.source !== 'WORKER').length >= all)
    for (const id of PANELS) await expectBalanced(rig, id)
    expect((await rig.events()).filter((event) => event.signal === 'memory:gap')).toEqual([])
  },
)
