import type { SystemStatus } from '@stam/contracts'
import { describe, expect, test } from 'vitest'
import { type ConnectionFacts, connectionTiming, judgeConnection } from './connection.ts'
import { streamPhases } from './stream-client.ts'

const now = 10_000_000
const live: ConnectionFacts = {
  phase: 'live',
  lostAt: null,
  attempt: 0,
  retryAt: null,
  restUp: true,
  restDownSince: null,
  freshAt: now - 1_000,
  everLive: true,
  status: null,
}
const lost = (ms: number, change: Partial<ConnectionFacts> = {}): ConnectionFacts => ({
  ...live,
  phase: 'waiting',
  lostAt: now - ms,
  attempt: 2,
  retryAt: now + 4_000,
  ...change,
})
const kinds = (facts: ConnectionFacts): string[] => judgeConnection(facts, now).banners.map((banner) => banner.kind)
const status = (mode: SystemStatus['mode']): SystemStatus =>
  ({
    mode,
    features: { realtime: true, push: false, sms: false, arm_disarm: false, ha: false },
    components: [
      { name: 'postgresql', state: 'up', since: '', error: null },
      { name: 'redis', state: 'down', since: '', error: 'x' },
      { name: 'rabbitmq', state: 'connecting', since: '', error: null },
      { name: 'satel-worker', state: 'off', since: '', error: null },
    ],
  }) as unknown as SystemStatus

describe('banners', () => {
  test('all well: none', () => expect(kinds(live)).toEqual([]))
  test('a blink is not worth a banner', () => expect(kinds(lost(connectionTiming.quietMs - 1))).toEqual([]))
  test('stream lost, REST up: yellow', () => expect(kinds(lost(5_000))).toEqual(['realtime_lost']))
  test('no stream because it is switched off: said calmly, and no fault', () => {
    const off = { ...status('normal'), features: { realtime: false } } as unknown as SystemStatus
    expect(kinds(lost(5_000, { status: off }))).toEqual(['realtime_off'])
    const on = { ...status('normal'), features: { realtime: true } } as unknown as SystemStatus
    expect(kinds(lost(5_000, { status: on }))).toEqual(['realtime_lost'])
  })
  test('nothing answers: red, with the age of the data, and no second banner about it', () => {
    const facts = lost(45_000, { restUp: false, restDownSince: now - 40_000, freshAt: now - 45_000 })
    expect(judgeConnection(facts, now).banners).toEqual([
      { kind: 'unreachable', since: now - 40_000, dataFrom: now - 45_000, advice: false, attempt: 2 },
    ])
  })
  test('one failed request while the stream is live is no outage', () =>
    expect(kinds({ ...live, restUp: false })).toEqual([]))
  test('advice after a minute', () => {
    expect(judgeConnection(lost(connectionTiming.adviceMs - 1), now).banners[0]).toMatchObject({ advice: false })
    expect(judgeConnection(lost(connectionTiming.adviceMs), now).banners[0]).toMatchObject({ advice: true })
  })
  test('on return: synchronising', () =>
    expect(kinds({ ...live, phase: 'syncing', lostAt: now - 9_000 })).toEqual(['synchronising']))
  test('the first connection is not a return', () =>
    expect(kinds({ ...live, phase: 'syncing', lostAt: now - 500, everLive: false })).toEqual([]))
  test('a list older than 30 s says so', () => {
    expect(kinds({ ...live, freshAt: now - connectionTiming.staleMs })).toEqual([])
    expect(kinds({ ...live, freshAt: now - connectionTiming.staleMs - 1 })).toEqual(['stale'])
    expect(kinds(lost(60_000, { freshAt: now - 31_000 }))).toEqual(['realtime_lost', 'stale'])
  })
  test('degraded names the parts that are down', () => {
    const [banner] = judgeConnection({ ...live, status: status('degraded') }, now).banners
    expect(banner?.kind === 'degraded' && banner.components.map((component) => component.name)).toEqual([
      'redis',
      'rabbitmq',
    ])
  })
  test('maintenance', () => expect(kinds({ ...live, status: status('maintenance') })).toEqual(['maintenance']))
  test('signed out there is nothing to say', () =>
    expect(kinds({ ...live, phase: 'stopped', lostAt: null })).toEqual([]))
})

describe('what may be done', () => {
  test('actions are off exactly while nothing answers', () => {
    for (const phase of streamPhases) {
      for (const restUp of [true, false, null]) {
        const facts = { ...lost(5_000), phase, restUp }
        expect(judgeConnection(facts, now).canAct, `${phase} ${restUp}`).toBe(phase === 'live' || restUp !== false)
      }
    }
  })
  test('live state is worth its contrast only on a live stream of a healthy system', () => {
    expect(judgeConnection(live, now).liveState).toBe(true)
    expect(judgeConnection(lost(5_000), now).liveState).toBe(false)
    expect(judgeConnection({ ...live, status: status('degraded') }, now).liveState).toBe(false)
  })
})
