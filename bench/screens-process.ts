/** Process: WebSocket clients as consoles are, noting when which count of an alarm arrived. */
import type { AlarmSummary, ServerMessage } from '@stam/contracts'
import { WebSocket } from 'ws'
import { signIn } from './api-client.ts'
import { answerRequests } from './partner.ts'

export interface ScreensRequest {
  /** One client per entry. */
  readonly urls: readonly string[]
  readonly email: string
  readonly password: string
}

/** One row per message: client, alarm, its events and repeats so far, arrival in ms since 1970. */
export interface Arrival {
  readonly client: number
  readonly alarmId: string
  readonly counted: number
  readonly at: number
}

export interface HerdReport {
  /** From the call to `replay_done` of each client, ms. */
  readonly caughtUpMs: number[]
  readonly received: number[]
}

export interface ReplayReport {
  readonly ms: number
  readonly received: number
  readonly tier: number
  readonly outOfOrder: number
}

interface Client {
  readonly socket: WebSocket
  readonly counts: Map<string, number>
  shown: number
}

const clients: Client[] = []
let arrivals: Arrival[] = []

answerRequests(
  {
    open: async ({ urls, email, password }: ScreensRequest) => {
      const people = new Map<string, Awaited<ReturnType<typeof signIn>>>()
      for (const url of urls) {
        const person = people.get(url) ?? (await signIn(url, email, password))
        people.set(url, person)
        const number = clients.length
        const counts = new Map<string, number>()
        const client: { socket: WebSocket | undefined; counts: Map<string, number>; shown: number } = {
          socket: undefined,
          counts,
          shown: 0,
        }
        client.socket = await person.socket(['alarms'], (message, at) => {
          const alarm = alarmOf(message)
          if (alarm === undefined) return
          const counted = alarm.event_count + alarm.repeat_count
          client.shown += counted - (counts.get(alarm.id) ?? 0)
          counts.set(alarm.id, counted)
          arrivals.push({ client: number, alarmId: alarm.id, counted, at })
        })
        clients.push(client as Client)
      }
    },
    /** Signals shown by the client that shows the fewest. */
    shown: () => Math.min(...clients.map(({ shown }) => shown)),
    arrivals: () => arrivals.splice(0),
    forget: () => {
      arrivals = []
      for (const client of clients) {
        client.shown = 0
      }
    },
    replay: (request: ScreensRequest & { readonly from: number }) => replay(request),
    herd: async ({ urls, email, password, from }: ScreensRequest & { readonly from: number }): Promise<HerdReport> => {
      const url = urls[0] as string
      const person = await signIn(url, email, password)
      const start = performance.now()
      const reports = await Promise.all(
        urls.map(async () => {
          const { received } = await replayOn(person, url, from)
          return { ms: performance.now() - start, received }
        }),
      )
      return { caughtUpMs: reports.map(({ ms }) => ms), received: reports.map(({ received }) => received) }
    },
  },
  async () => {
    for (const { socket } of clients) socket.terminate()
  },
)

function alarmOf(message: ServerMessage): AlarmSummary | undefined {
  const { type } = message
  return type === 'alarm.new' || type === 'alarm.updated' || type === 'alarm.closed' ? message.data : undefined
}

async function replay({ urls, email, password, from }: ScreensRequest & { readonly from: number }) {
  const url = urls[0] as string
  return replayOn(await signIn(url, email, password), url, from)
}

/** Ticket, socket, subscription, replay; `ms` counts from the replay request to its end. */
async function replayOn(person: Awaited<ReturnType<typeof signIn>>, url: string, from: number): Promise<ReplayReport> {
  const { body } = await person.post<{ ticket: string }>('/api/auth/ws-ticket', {})
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws?ticket=${encodeURIComponent(body.ticket)}`, {
    origin: url,
  })
  try {
    return await new Promise<ReplayReport>((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error('the replay did not end within 30 s')), 30_000)
      let asked = 0
      let received = 0
      let outOfOrder = 0
      let last = from
      socket.once('error', reject)
      socket.once('close', (code) => reject(new Error(`closed with ${code} during the replay`)))
      socket.once('open', () => socket.send(JSON.stringify({ type: 'subscribe', channels: ['alarms'] })))
      socket.on('message', (data) => {
        const message = JSON.parse(String(data)) as ServerMessage
        if (message.type === 'subscribed') {
          asked = performance.now()
          socket.send(JSON.stringify({ type: 'replay_request', last_sequence_id: from }))
        } else if (message.type === 'replay_overflow') reject(new Error('replay_overflow'))
        else if (message.type === 'replay_done') {
          clearTimeout(limit)
          resolve({ ms: performance.now() - asked, received, tier: message.data.tier, outOfOrder })
        } else if (message.sequence_id !== null) {
          received++
          if (message.sequence_id !== last + 1) outOfOrder++
          last = message.sequence_id
        }
      })
    })
  } finally {
    socket.terminate()
  }
}
