import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { panelEvent, streamMessage } from '../test/events.ts'
import { PARTITION_HEADER, partitionOf, queueNames, queuesBehind, routeOf, topology } from './topology.ts'

describe('the topology', () => {
  for (const queueType of ['classic', 'quorum'] as const) {
    const { exchanges, queues, bindings } = topology(8, queueType)
    it(`binds what it declares and declares what it binds (${queueType})`, () => {
      const names = { exchange: exchanges.map(({ name }) => name), queue: queues.map(({ name }) => name) }
      for (const { from, to, target } of bindings) {
        expect(names.exchange).toContain(from)
        expect(names[target]).toContain(to)
      }
      const bound = new Set(bindings.filter(({ target }) => target === 'queue').map(({ to }) => to))
      expect(names.queue.filter((name) => !bound.has(name))).toEqual(['system.canary'])
      for (const name of queueNames) for (const queue of queuesBehind(name, 8)) expect(names.queue).toContain(queue)
    })

    it(`never lets an event expire, and everything else end as a dead letter (${queueType})`, () => {
      for (const { name, arguments: args } of queues) {
        if (name === 'events.dead' || name === 'system.canary') continue
        expect(args['x-dead-letter-exchange']).toBe('system.dlx')
        expect(args['x-message-ttl']).toBe(name.startsWith('events.') ? undefined : 86_400_000)
        expect(args['x-single-active-consumer']).toBe(name.startsWith('events.') ? true : undefined)
      }
      expect(queues.find(({ name }) => name === 'events.dead')?.arguments).toEqual({ 'x-queue-type': queueType })
    })
  }

  it('has one partition for each value of the header', () => {
    const headers = topology(5, 'classic').bindings.flatMap(({ from, arguments: args }) =>
      from === 'events.processing' ? [args?.[PARTITION_HEADER]] : [],
    )
    expect(headers).toEqual(['0', '1', '2', '3', '4'])
  })
})

describe('partitionOf', () => {
  it('is what every version before answered: a changed one would break the order during a roll-out', () => {
    expect(partitionOf('', 8)).toBe(5)
    expect(partitionOf('a', 8)).toBe(4)
    expect(partitionOf('0191f0a0-0000-7000-8000-000000000001', 8)).toBe(7)
    expect(partitionOf('0191f0a0-0000-7000-8000-000000000002', 8)).toBe(2)
  })

  it('is always a partition', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 64 }), (key, partitions) => {
        const partition = partitionOf(key, partitions)
        expect(Number.isInteger(partition) && partition >= 0 && partition < partitions).toBe(true)
      }),
    )
  })

  it('spreads panels evenly', () => {
    const counts = Array.from({ length: 8 }, () => 0)
    for (let panel = 0; panel < 2_000; panel++) {
      const partition = partitionOf(panelEvent(panel, 1).panel_id, 8)
      counts[partition] = (counts[partition] ?? 0) + 1
    }
    expect(Math.min(...counts)).toBeGreaterThan(200)
    expect(Math.max(...counts)).toBeLessThan(300)
  })
})

describe('routeOf', () => {
  it('gives events the key of what they tell of, kept and in order of their panel', () => {
    const event = panelEvent(1, 1)
    expect(routeOf(event)).toEqual({
      exchange: 'satel.events',
      routingKey: `satel.alarm.${event.panel_id}`,
      messageId: event.event_id,
      orderKey: event.panel_id,
      kept: true,
      requestId: event.request_id,
    })
    expect(routeOf({ ...event, event_type: 'ARM' }).routingKey).toBe(`satel.state.${event.panel_id}`)
    expect(routeOf({ ...event, event_type: 'COMM_LOSS' }).routingKey).toBe(`satel.status.${event.panel_id}`)
    expect(routeOf({ ...event, source: 'SMS_EFENTO' })).toMatchObject({
      exchange: 'sms.events',
      routingKey: 'sms.temp.efento',
    })
    expect(routeOf({ ...event, source: 'SMS_BLUELOG' })).toMatchObject({
      exchange: 'sms.events',
      routingKey: 'sms.temp.bluelog',
    })
  })

  it('lets the stream go to everybody and be kept by nobody', () => {
    expect(routeOf(streamMessage(7))).toMatchObject({
      exchange: 'system.stream',
      messageId: '7',
      orderKey: null,
      kept: false,
    })
  })
})
