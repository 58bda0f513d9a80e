/** Spec 02 "Life of an alarm": NEW → ACK by auto-ack, INFO only. */
import { createMemoryBus } from '@stam/bus'
import { createMetrics, silentLog, systemClock } from '@stam/runtime'
import { recordEvents } from '@stam/store'
import { eventually } from '@stam/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startRecording } from '../src/recording/index.ts'
import { acknowledgeInfoAlarms, closeQuietAlarms } from '../src/recording/move-quiet-alarms.ts'
import {
  addSite,
  contradictions,
  openWorld,
  rules,
  signalEvent,
  type TestSite,
  type World,
} from './recording-fixture.ts'

describe('auto-ack', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(10)
  })
  afterAll(() => world.close())

  /** One alarm of each priority, told at once. Returns the time they were received. */
  async function tellThree({ panelId }: TestSite): Promise<number> {
    const info = signalEvent(panelId, 0, 'TROUBLE', 'trouble:302:0', 1, { default_priority: 'INFO' })
    const others = [
      signalEvent(panelId, 0, 'TROUBLE', 'trouble:301:0'),
      signalEvent(panelId, 0, 'ALARM', 'alarm:zone:1'),
    ]
    await recordEvents(world.store, rules, [info, ...others])
    return Date.parse(info.received_at)
  }
  const alarms = ({ siteId }: TestSite) =>
    world.rows(
      'SELECT priority, status, handler_id, version, acked_at IS NOT NULL AS acked FROM alarms WHERE site_id = $1 ORDER BY priority',
      [siteId],
    )
  const untouched = { status: 'NEW', handler_id: null, version: 1, acked: false }

  it('moves an INFO alarm nobody took, after the time of the site, and nothing else; the system did it, audited and told', async () => {
    const site = await addSite(world, { info_auto_ack_s: 300 })
    const start = await tellThree(site)
    expect(await acknowledgeInfoAlarms(world.store, start + 299_000, 'b1')).toBe(0)
    expect(await acknowledgeInfoAlarms(world.store, start + 301_000, 'b1')).toBe(1)
    expect(await acknowledgeInfoAlarms(world.store, start + 302_000, 'b1')).toBe(0)
    expect(await alarms(site)).toEqual([
      { priority: 'CRITICAL', ...untouched },
      { priority: 'INFO', status: 'ACK', handler_id: null, version: 2, acked: true },
      { priority: 'WARNING', ...untouched },
    ])
    const log = await world.rows(
      `SELECT t.action, t.actor_kind, t.version_after, l.actor_kind AS audited_as, l.service_instance, l.after ->> 'status' AS status
       FROM alarm_transitions t JOIN audit_log l ON l.entity_id = t.alarm_id::text AND l.action = 'ALARM_AUTO_ACK'
       WHERE t.action = 'auto_ack' AND l.site_id = $1`,
      [site.siteId],
    )
    expect(log).toEqual([
      {
        action: 'auto_ack',
        actor_kind: 'system',
        version_after: 2,
        audited_as: 'system',
        service_instance: 'b1',
        status: 'ACK',
      },
    ])
    const told = await world.rows(
      `SELECT payload ->> 'status' AS status, payload ->> 'version' AS version FROM outbox WHERE site_id = $1 AND event_type = 'alarm.updated'`,
      [site.siteId],
    )
    expect(told).toEqual([{ status: 'ACK', version: '2' }])
    // Acknowledged is in hand: the clock that closes leaves it alone.
    expect(await closeQuietAlarms(world.store, start + 5 * 3_600_000, 'b1')).toBe(0)
  })

  it('is done by every running backend without being asked', async () => {
    const site = await addSite(world, { info_auto_ack_s: 60 })
    await tellThree(site)
    const bus = createMemoryBus({})
    const metrics = createMetrics({ service: 'test' })
    const options = { store: world.store, bus, clock: systemClock, log: silentLog, metrics, instanceId: 'b1' }
    const recording = startRecording({ ...options, closeQuietEveryMs: 20 })
    await eventually(async () => (await alarms(site)).some((alarm) => alarm['status'] === 'ACK'))
    await recording.close()
    await bus.close()
  })

  it('is off unless the site wants it, and leaves drills to close by themselves', async () => {
    const site = await addSite(world)
    const start = await tellThree(site)
    const drill = await addSite(world, { info_auto_ack_s: 60 }, 'test')
    await tellThree(drill)
    expect(await acknowledgeInfoAlarms(world.store, start + 3_600_000, 'b1')).toBe(0)
    expect((await alarms(site)).map((alarm) => alarm['status'])).toEqual(['NEW', 'NEW', 'NEW'])
  })

  it('does it once, whoever many backends look, and never under a person’s hand', async () => {
    const site = await addSite(world, { info_auto_ack_s: 60 })
    const start = await tellThree(site)
    // Somebody has the alarm in hand at this moment.
    await world.owner.query('BEGIN')
    await world.owner.query(`SELECT FROM alarms WHERE site_id = $1 FOR UPDATE`, [site.siteId])
    expect(await acknowledgeInfoAlarms(world.store, start + 61_000, 'b1')).toBe(0)
    await world.owner.query('ROLLBACK')
    const counts = await Promise.all(
      ['b1', 'b2', 'b3', 'b4'].map((backend) => acknowledgeInfoAlarms(world.store, start + 61_000, backend)),
    )
    expect(counts.reduce((sum, count) => sum + count)).toBe(1)
    const [log] = await world.rows(
      `SELECT count(*)::int AS n FROM alarm_transitions t JOIN alarms a ON a.id = t.alarm_id WHERE a.site_id = $1 AND t.action = 'auto_ack'`,
      [site.siteId],
    )
    expect(log).toEqual({ n: 1 })
    expect(await contradictions(world)).toEqual([])
  })
})
