import { recordingRules } from '@stam/domain'
import {
  acquirePanels,
  listWorkerPanels,
  pruneSnapshots,
  recordEvents,
  releasePanels,
  SNAPSHOTS_KEPT,
  startMemoryCursors,
  writeSnapshots,
} from '@stam/store'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startKnowledge } from '../src/story/knowledge.ts'
import { type StoryInput, stepStory } from '../src/story/panel-story.ts'
import { FACTS, LIMITS, ModelPanel } from './model-panel.ts'
import { plainPanel, type Rig, startRig } from './worker-rig.ts'

let rig: Rig
let panelId: string
beforeEach(async () => {
  rig = await startRig([plainPanel('p1')])
  panelId = rig.ids.get('p1') as string
})
afterEach(() => rig.close())

const acquire = async (owner: string) => {
  const [acquired] = await acquirePanels(rig.store, [panelId], owner)
  if (acquired === undefined) throw new Error('the panel is gone')
  return acquired
}

/** Events of an owner that has read two records of two zones. */
function burst(panel: ModelPanel, epoch: number) {
  const at = Date.now()
  const facts = { ...FACTS, panelId }
  const inputs: StoryInput[] = [
    { type: 'ready', at },
    { type: 'memory', ...panel.read([]), startedAt: at, at },
  ]
  let knowledge = startKnowledge({ signals: [], memoryKeys: [], snapshot: null }, epoch, at)
  return inputs.flatMap((input) => {
    const step = stepStory(knowledge, input, facts, LIMITS)
    knowledge = step.knowledge
    return [...step.events]
  })
}

it('its events are recorded once, and neither signals nor cursor follow them', async () => {
  const first = await acquire('one')
  const start = { panel_id: panelId, epoch: first.epoch, cursor: null }
  expect(await startMemoryCursors(rig.store, [start])).toEqual(new Set([panelId]))
  const panel = new ModelPanel()
  panel.fire(1, Date.now())
  panel.fire(2, Date.now())
  const left = burst(panel, first.epoch)
  // What it had published is still in the broker when the next one takes over.
  const second = await acquire('two')
  expect(second).toMatchObject({ epoch: first.epoch + 1, signals: [], memory_cursor: 'empty' })
  await recordEvents(rig.store, recordingRules, left)
  expect((await rig.events()).map((event) => event.zone_no)).toEqual([1, 2])
  expect(await rig.rows('SELECT FROM panel_signals')).toEqual([])
  expect((await acquire('three')).memory_cursor).toBe('empty')
  // The successor read the same records: nothing new but signals and cursor.
  const again = burst(panel, second.epoch + 1)
  const outcomes = await recordEvents(rig.store, recordingRules, again)
  expect(outcomes.map((outcome) => outcome.outcome)).toEqual(['duplicate', 'duplicate'])
  const fourth = await acquire('four')
  expect(fourth.signals.map(({ signal, ordinal, seen_by_memory }) => [signal, ordinal, seen_by_memory]).sort()).toEqual(
    [
      ['alarm:zone:1', 1, 1],
      ['alarm:zone:2', 1, 1],
    ],
  )
  expect(fourth.memory_cursor).toMatchObject({ last: { index: panel.records[1]?.index } })
})

it('nor may it write directly, start a memory, leave a snapshot or give the panel away', async () => {
  const first = await acquire('one')
  const second = await acquire('two')
  const panel = new ModelPanel()
  panel.fire(1, Date.now())
  const [outcome] = await recordEvents(rig.store, recordingRules, burst(panel, first.epoch), { direct: true })
  expect(outcome).toMatchObject({ outcome: 'refused', reason: 'STALE_EPOCH' })
  const start = { panel_id: panelId, epoch: first.epoch, cursor: null }
  expect(await startMemoryCursors(rig.store, [start])).toEqual(new Set())
  const snapshot = { panel_id: panelId, panel_seq: 1, taken_at: new Date().toISOString(), state: {} }
  expect(await writeSnapshots(rig.store, [{ ...snapshot, epoch: first.epoch }])).toBe(0)
  expect(await writeSnapshots(rig.store, [{ ...snapshot, epoch: second.epoch }])).toBe(1)
  await releasePanels(rig.store, [{ panel_id: panelId, epoch: first.epoch }], 'one')
  const owner = () => rig.rows('SELECT owner_id FROM panel_assignments')
  expect(await owner()).toEqual([{ owner_id: 'two' }])
  await releasePanels(rig.store, [{ panel_id: panelId, epoch: second.epoch }], 'two')
  expect(await owner()).toEqual([{ owner_id: null }])
})

it('a panel that is disabled or unknown is nobody’s to take', async () => {
  await rig.rows('UPDATE panels SET enabled = false')
  expect(await listWorkerPanels(rig.store)).toEqual([])
  expect(await acquirePanels(rig.store, [panelId, '00000000-0000-4000-8000-000000000000'], 'one')).toEqual([])
})

it('snapshots are kept to the newest hundred', async () => {
  const { epoch } = await acquire('one')
  const snapshots = Array.from({ length: SNAPSHOTS_KEPT + 30 }, (_, i) => ({
    panel_id: panelId,
    epoch,
    panel_seq: i + 1,
    taken_at: new Date().toISOString(),
    state: {},
  }))
  await writeSnapshots(rig.store, snapshots)
  expect(await pruneSnapshots(rig.store, [panelId])).toBe(30)
  expect(await pruneSnapshots(rig.store, [panelId])).toBe(0)
  expect((await acquire('two')).snapshot?.panel_seq).toBe(SNAPSHOTS_KEPT + 30)
})
