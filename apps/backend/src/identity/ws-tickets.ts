/** WebSocket tickets: 256 random bits, good once and for 10 s (spec 04). Kept in the live store, in PostgreSQL while that is away. */
import { createHash, randomBytes } from 'node:crypto'
import { putTicket, takeTicket } from '@stam/store'
import { z } from 'zod'
import type { Backend } from '../backend.ts'
import type { Person } from './principals.ts'

export const TICKET_LIFE_MS = 10_000
const TicketData = z.object({ sessionId: z.uuid(), userId: z.uuid() })

type Tickets = Pick<Backend, 'live' | 'store' | 'log' | 'principals'>

export async function issueTicket({ live, store, log }: Tickets, person: Person): Promise<string> {
  const ticket = randomBytes(32).toString('base64url')
  const hash = hashOf(ticket)
  const data = { sessionId: person.sessionId, userId: person.userId }
  if (live.status.state === 'up') {
    try {
      await live.tickets.put(hash.toString('hex'), data, TICKET_LIFE_MS)
      return ticket
    } catch (error) {
      log.warn('ticket_fallback', { error })
    }
  }
  await putTicket(store, { hash, userId: person.userId, data, lifeMs: TICKET_LIFE_MS })
  return ticket
}

/** The person a ticket was issued to; null when it is unknown, used or too old, or the session has ended since. */
export async function redeemTicket({ live, store, log, principals }: Tickets, ticket: string): Promise<Person | null> {
  if (!/^[A-Za-z0-9_-]{43}$/.test(ticket)) return null
  const hash = hashOf(ticket)
  const fromLive = live.status.state === 'up' ? await takeFromLive() : null
  // A ticket may have been issued by another instance that had lost the live store, or just before it was lost.
  const data = TicketData.safeParse(fromLive ?? (await takeTicket(store, hash)))
  if (!data.success) return null
  const person = await principals.find(data.data.sessionId)
  return person?.userId === data.data.userId ? person : null

  async function takeFromLive(): Promise<unknown> {
    try {
      return await live.tickets.take(hash.toString('hex'))
    } catch (error) {
      log.warn('ticket_fallback', { error })
      return null
    }
  }
}

function hashOf(ticket: string): Buffer {
  return createHash('sha256').update(ticket).digest()
}
