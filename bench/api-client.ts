/** An operator over HTTP and WebSocket, as the console is one. */
import type { ServerMessage } from '@stam/contracts'
import { WebSocket } from 'ws'

export interface ApiClient {
  get<T>(path: string): Promise<T>
  post<T>(path: string, body: unknown): Promise<{ status: number; body: T }>
  /** Opens a WebSocket on the channels; resolves when subscribed. */
  socket(channels: readonly string[], onMessage: (message: ServerMessage, at: number) => void): Promise<WebSocket>
}

export async function signIn(url: string, email: string, password: string): Promise<ApiClient> {
  const answer = await fetch(`${url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify({ email, password }),
  })
  if (!answer.ok) throw new Error(`login refused: ${answer.status} ${await answer.text()}`)
  const { access_token: token } = (await answer.json()) as { access_token: string }
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const post: ApiClient['post'] = async (path, body) => {
    const reply = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })
    return { status: reply.status, body: (await reply.json()) as never }
  }
  return {
    post,
    get: async (path) => {
      const reply = await fetch(url + path, { headers })
      if (!reply.ok) throw new Error(`GET ${path}: ${reply.status} ${await reply.text()}`)
      return (await reply.json()) as never
    },
    socket: async (channels, onMessage) => {
      const { body } = await post<{ ticket: string }>('/api/auth/ws-ticket', {})
      const socket = new WebSocket(`${url.replace('http', 'ws')}/ws?ticket=${encodeURIComponent(body.ticket)}`, {
        origin: url,
      })
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject)
        socket.once('open', () => socket.send(JSON.stringify({ type: 'subscribe', channels })))
        socket.on('message', (data) => {
          const at = Date.now()
          const message = JSON.parse(String(data)) as ServerMessage
          if (message.type === 'subscribed') resolve()
          onMessage(message, at)
        })
      })
      return socket
    },
  }
}
