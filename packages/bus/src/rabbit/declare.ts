import type { Channel } from 'rabbitmq-client'
import type { Topology } from '../topology.ts'

/** Makes exchanges, queues and bindings as they should be. Refused by the broker when one exists with other properties. */
export async function declare(channel: Channel, topology: Topology): Promise<void> {
  for (const { name, type } of topology.exchanges) {
    await channel.exchangeDeclare({ exchange: name, type, durable: true })
  }
  for (const queue of topology.queues) {
    await channel.queueDeclare({ queue: queue.name, durable: true, arguments: queue.arguments })
  }
  for (const { from, to, target, routingKey, arguments: args = {} } of topology.bindings) {
    if (target === 'queue') await channel.queueBind({ exchange: from, queue: to, routingKey, arguments: args })
    else await channel.exchangeBind({ source: from, destination: to, routingKey, arguments: args })
  }
}
