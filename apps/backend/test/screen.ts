/** A console as the server sees it: a real WebSocket that remembers everything it was told. */
import type { ServerMessage } from '@stam/contracts'
import { eventually } from '@stam/testkit'
import WebSocket from 'ws'
import type { Rig, Signed } from './rig.ts'

export class Screen {
  readonly messages: ServerMessage[] = []
  readonly socket: WebSocket
  closedWith: number | null = null

  constructor(url: string) {
    this.socket = new WebSocket(url)
    this.socket.on('message', (data) => this.messages.push(JSON.parse(data.toString())))
    this.socket.on('close', (code) => {
      this.closedWith = code
    })
    this.socket.on('error', () => {})
  }

  static async open(rig: Pick<Rig, 'backend'>, person: Signed): Promise<Screen> {
    const { body } = await person.call('POST', '/api/auth/ws-ticket')
    const screen = new Screen(`${rig.backend.url.replace('http', 'ws')}/ws?ticket=${body.ticket}`)
    await screen.heard('hello')
    return screen
  }

  send(message: object): void {
    this.socket.send(JSON.stringify(message))
  }

  /** Subscribes and asks for everything after `from`, as the console does. */
  resume(from: number, channels = ['alarms', 'panels', 'system']): void {
    this.send({ type: 'subscribe', channels })
    this.send({ type: 'replay_request', last_sequence_id: from })
  }

  heard<Type extends ServerMessage['type']>(
    type: Type,
    matches: (message: Extract<ServerMessage, { type: Type }>) => boolean = () => true,
    deadlineMs = 5_000,
  ): Promise<Extract<ServerMessage, { type: Type }>> {
    return eventually(
      () =>
        this.messages.find(
          (message): message is Extract<ServerMessage, { type: Type }> =>
            message.type === type && matches(message as Extract<ServerMessage, { type: Type }>),
        ),
      { deadlineMs, what: `${type} on the screen` },
    )
  }

  /** Numbers of what was shown, in the order it came. */
  get numbers(): number[] {
    return this.messages.flatMap((message) => (message.sequence_id === null ? [] : [message.sequence_id]))
  }

  closed(deadlineMs = 5_000): Promise<number> {
    return eventually(() => this.closedWith, { deadlineMs, what: 'the socket to close' })
  }

  async leave(): Promise<void> {
    if (this.closedWith === null) {
      this.socket.close()
      await this.closed()
    }
  }
}
