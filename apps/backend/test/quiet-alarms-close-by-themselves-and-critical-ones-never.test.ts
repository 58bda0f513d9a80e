/** Spec 02 "Life of an alarm": auto-close; RC-01: an event racing with the clock never joins a closed alarm. */
import { recordEvents } from '@stam/store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { closeQuietAlarms } from '../src/recording/move-quiet-alarms.ts'
import { addSite, contradictions, openWorld, rules, signalEvent, type World } from './recording-fixture.ts'

const HOUR = 3_600_000

describe('the clock', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(10)
  })
  afterAll(() => world.close())

  const alarms = (siteId: string) =>
    world.rows(
      'SELECT priority, status, disposition, closed_by, is_current FROM alarms WHERE site_id = $1 ORDER BY number',
      [siteId],
    )

  it('closes WARNING after the time of the site, INFO after its own, CRITICAL never', async () => {
    const site = await addSite(world, { info_auto_close_s: 600 })
    const patient = await addSite(world, { warning_auto_close_s: 10 * 3600 })
    const trouble = signalEvent(site.panelId, 0, 'TROUBLE', 'trouble:301:0')
    const start = Date.parse(trouble.received_at)
    await recordEvents(world.store, rules, [
      trouble,
      signalEvent(site.panelId, 1, 'TROUBLE', 'trouble:302:0', 1, { default_priority: 'INFO' }),
      signalEvent(site.panelId, 2, 'ALARM', 'alarm:zone:1'),
      signalEvent(patient.panelId, 0, 'TROUBLE', 'trouble:301:0'),
    ])
    const open = { status: 'NEW', disposition: null, closed_by: null, is_current: true }
    const closed = { status: 'CLOSED', disposition: 'OTHER', closed_by: null, is_current: false }
    expect(await closeQuietAlarms(world.store, start + 599_000, 'b1')).toBe(0)
    expect(await closeQuietAlarms(world.store, start + 602_000, 'b1')).toBe(1)
    expect(await alarms(site.siteId)).toEqual([
      { priority: 'WARNING', ...open },
      { priority: 'INFO', ...closed },
      { priority: 'CRITICAL', ...open },
    ])
    expect(await closeQuietAlarms(world.store, start + 8 * HOUR - 1000, 'b1')).toBe(0)
    expect(await closeQuietAlarms(world.store, start + 8 * HOUR + 1000, 'b1')).toBe(1)
    expect(await closeQuietAlarms(world.store, start + 9 * HOUR, 'b1')).toBe(0)
    expect(await alarms(site.siteId)).toMatchObject([
      { status: 'CLOSED' },
      { status: 'CLOSED' },
      { status: 'NEW', priority: 'CRITICAL' },
    ])
    expect(await closeQuietAlarms(world.store, start + 11 * HOUR, 'b1')).toBe(1)
    const told = await world.rows(
      `SELECT event_type, count(*)::int AS n FROM outbox WHERE site_id = $1 GROUP BY 1 ORDER BY 1`,
      [site.siteId],
    )
    expect(told).toEqual([
      { event_type: 'alarm.closed', n: 2 },
      { event_type: 'alarm.new', n: 3 },
    ])
    const log = await world.rows(
      `SELECT t.action, t.actor_kind, l.action AS audited, l.service_instance FROM alarm_transitions t JOIN alarms a ON a.id = t.alarm_id
         JOIN audit_log l ON l.entity_id = a.id::text AND l.action = 'ALARM_AUTO_CLOSE'
       WHERE a.site_id = $1 AND t.action = 'auto_close'`,
      [patient.siteId],
    )
    expect(log).toEqual([
      { action: 'auto_close', actor_kind: 'system', audited: 'ALARM_AUTO_CLOSE', service_instance: 'b1' },
    ])
    await expect(
      world.owner.query(
        `UPDATE alarms SET status = 'CLOSED', closed_at = now(), disposition = 'OTHER', version = version + 1 WHERE site_id = $1 AND priority = 'CRITICAL'`,
        [site.siteId],
      ),
    ).rejects.toThrow('alarms_critical_closed_by_person')
  })

  it('closes even a CRITICAL of a site on test, as TEST, once nothing can join it any more', async () => {
    const site = await addSite(world, {}, 'test')
    const event = signalEvent(site.panelId, 0, 'ALARM', 'alarm:zone:1')
    await recordEvents(world.store, rules, [event])
    expect(await closeQuietAlarms(world.store, Date.parse(event.received_at) + 901_000, 'b1')).toBe(1)
    expect(await alarms(site.siteId)).toMatchObject([{ status: 'CLOSED', disposition: 'TEST', priority: 'CRITICAL' }])
  })

  it('never closes under an event: two clocks race with two recorders, and every event ends in exactly one living count', async () => {
    const site = await addSite(world, { warning_auto_close_s: 600, bundle_window_s: 86_400 })
    const rounds = 60
    const events = Array.from({ length: rounds }, (_, n) =>
      signalEvent(site.panelId, n * 601, 'TROUBLE', `trouble:301:${n}`),
    )
    for (const event of events) {
      // Due exactly when the next event comes in: whoever locks first wins.
      const at = Date.parse(event.received_at)
      await Promise.all([
        closeQuietAlarms(world.store, at, 'b1'),
        recordEvents(world.store, rules, [event]),
        closeQuietAlarms(world.store, at, 'b2'),
        recordEvents(world.store, rules, [event]),
      ])
    }
    const [counted] = await world.rows(
      'SELECT sum(event_count)::int AS events, count(*)::int AS alarms FROM alarms WHERE site_id = $1',
      [site.siteId],
    )
    expect(counted).toMatchObject({ events: rounds })
    const [late] = await world.rows(
      `SELECT count(*)::int AS n FROM alarms a JOIN events e ON e.alarm_id = a.id WHERE a.site_id = $1 AND a.status = 'CLOSED' AND e.recorded_at > a.closed_at`,
      [site.siteId],
    )
    expect(late).toEqual({ n: 0 })
    expect(await contradictions(world)).toEqual([])
  })
})
