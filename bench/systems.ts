/** The whole system in each of its profiles, without panels yet: what the pipeline benchmark drives. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addPeople } from '@stam/backend'
import { createRabbitBus } from '@stam/bus'
import { Secret } from '@stam/runtime'
import { openStore } from '@stam/store'
import { startStack } from '../lab/stack.ts'
import { benchDatabase } from './database.ts'
import { startPartner } from './partner.ts'
import { type SampleSite, sampleEvents } from './sample-events.ts'

export type Profile = 'embedded' | 'distributed'

export interface System {
  /** Of the owner of the schema. */
  readonly databaseUrl: string
  /** Backends. */
  readonly urls: readonly string[]
  readonly operator: { readonly email: string; readonly password: string }
  /** Puts sample events on the bus, as a worker does; resolves when all are confirmed. */
  publish(sites: readonly SampleSite[], count: number): Promise<void>
  /** Publishes with nobody consuming: messages per second, confirmed. Ends the consumers for good. Undefined without a broker. */
  publishAlone(sites: readonly SampleSite[], count: number): Promise<number | undefined>
  close(): Promise<void>
}

/** The parts that may be away. */
export type Part = 'broker' | 'redis'

export interface DistributedSystem extends System {
  readonly parts: Readonly<Record<Part, { kill(): Promise<void>; start(): Promise<void> }>>
}

export function startSystem(profile: Profile): Promise<System> {
  return profile === 'embedded' ? startEmbedded() : startDistributed()
}

async function startEmbedded(): Promise<System> {
  const database = await benchDatabase()
  const partner = startPartner('./system-process.ts')
  const close = async (): Promise<void> => {
    await partner.close()
    await database.stop()
  }
  try {
    const databaseUrl = await database.create('pipeline')
    const operator = await addOperator(databaseUrl)
    const url = await partner.ask<string>('start', { databaseUrl, parts: ['backend', 'relay', 'worker'] })
    return {
      databaseUrl,
      urls: [url],
      operator,
      publish: (sites, count) => partner.ask('publish', { sites, count }),
      publishAlone: async () => undefined,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

export async function startDistributed(): Promise<DistributedSystem> {
  const folder = await mkdtemp(join(tmpdir(), 'stam-bench-stack-'))
  const stack = await startStack({ folder, panels: 0, say: (line) => process.stderr.write(`${line}\n`) })
  const bus = createRabbitBus({
    hosts: [`127.0.0.1:${stack.rabbit.port}`],
    username: stack.rabbit.username,
    password: new Secret(stack.rabbit.password),
    name: 'bench',
    queueType: 'classic',
  })
  const publish = async (sites: readonly SampleSite[], count: number): Promise<void> => {
    const results = await bus.publishMany(sampleEvents(sites, count))
    const refused = results.filter(({ ok }) => !ok).length
    if (refused > 0) throw new Error(`the broker refused ${refused} messages`)
  }
  return {
    databaseUrl: stack.postgres.url,
    urls: stack.backendUrls,
    operator: stack.operators[0] as System['operator'],
    parts: { broker: stack.rabbit, redis: stack.redis },
    publish,
    publishAlone: async (sites, count) => {
      await Promise.all([...stack.workers, ...stack.relays, ...stack.backends].map((child) => child.end()))
      const start = performance.now()
      await publish(sites, count)
      return count / ((performance.now() - start) / 1000)
    },
    close: async () => {
      await bus.close()
      await stack.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** An operator in a database where no backend runs yet. */
export async function addOperator(databaseUrl: string): Promise<System['operator']> {
  const store = await openStore({ url: databaseUrl, poolSize: 2, applicationName: 'bench' })
  const operator = { email: 'operator@bench.example', password: randomBytes(12).toString('base64url') }
  await addPeople(store, [{ ...operator, name: 'Operator', role: 'OPERATOR', language: 'pl' }])
  await store.close()
  return operator
}
