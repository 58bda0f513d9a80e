import { createServer, type Server, type Socket } from 'node:net'
import {
  COMMAND,
  encodeClock,
  encodeFrame,
  encodeModuleVersion,
  encodePanelVersion,
  FrameDecoder,
  type ModuleCapabilities,
  PduCipher,
  PduDecoder,
  PduSession,
  stateRow,
  utcToPanelTime,
} from '../src/index.ts'

/** One client connection as the script of a test sees it. */
export interface Client {
  /** Sends a frame, encrypted where the module is. */
  answer(command: number, payload?: Uint8Array): void
  /** Sends bytes as they are. */
  raw(bytes: Uint8Array): void
  readonly socket: Socket
}

export type Handler = (client: Client, payload: Uint8Array) => void

export interface FakeModuleOptions {
  /** undefined: a module older than 0x7C, silent on it. */
  readonly version?: string | undefined
  readonly capabilities?: Partial<ModuleCapabilities>
  readonly typeCode?: number
  readonly integrationKey?: string
  /** Called with every client; it is served only if this returns true. */
  readonly onConnect?: (socket: Socket, count: number) => boolean | void
}

/**
 * A small scripted module over a real socket: answers everything by default, and lets a test replace the answer to
 * any command. It is no simulator; it knows nothing of alarms.
 */
export class FakeModule {
  readonly requests: { command: number; payload: Uint8Array; connection: number }[] = []
  readonly states = new Map<number, Uint8Array>()
  /** Commands with new data, cleared by reading them. */
  readonly fresh = new Set<number>()
  readonly handlers = new Map<number, Handler>()
  readonly clients: Client[] = []
  connections = 0
  #server: Server
  readonly #options: FakeModuleOptions
  readonly #sockets = new Set<Socket>()

  private constructor(options: FakeModuleOptions) {
    this.#options = options
    this.#server = createServer({ noDelay: true }, (socket) => this.#serve(socket))
  }

  static async listen(options: FakeModuleOptions = {}): Promise<FakeModule> {
    const module = new FakeModule(options)
    await new Promise<void>((resolve) => module.#server.listen(0, '127.0.0.1', resolve))
    return module
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  /** The latest client. */
  get client(): Client {
    const client = this.clients.at(-1)
    if (client === undefined) throw new Error('nobody has connected')
    return client
  }

  count(command: number): number {
    return this.requests.filter((request) => request.command === command).length
  }

  dropClients(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async close(): Promise<void> {
    this.dropClients()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #serve(socket: Socket): void {
    const connection = ++this.connections
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => {})
    if (this.#options.onConnect !== undefined && this.#options.onConnect(socket, connection) !== true) return
    const cipher = this.#options.integrationKey === undefined ? undefined : new PduCipher(this.#options.integrationKey)
    const session = cipher && new PduSession(cipher, { ids: 0x3c })
    const pdus = cipher && new PduDecoder(cipher)
    const frames = new FrameDecoder()
    const client: Client = {
      socket,
      raw: (bytes) => void socket.write(bytes),
      answer: (command, payload) => {
        const frame = encodeFrame(command, payload)
        socket.write(session === undefined ? frame : session.seal(frame))
      },
    }
    this.clients.push(client)
    const take = (bytes: Uint8Array) => {
      for (const item of frames.push(bytes)) {
        if (item.kind !== 'frame') continue
        this.requests.push({ command: item.command, payload: item.payload, connection })
        const handler = this.handlers.get(item.command)
        if (handler === undefined) this.answerAsUsual(client, item.command, item.payload)
        else handler(client, item.payload)
      }
    }
    socket.on('data', (chunk) => {
      if (pdus === undefined || session === undefined) {
        take(chunk)
        return
      }
      for (const item of pdus.push(chunk)) {
        if (item.kind !== 'pdu') continue
        session.accept(item.pdu)
        if (item.pdu.frame[0] !== 0xfe) socket.destroy()
        else take(item.pdu.frame)
      }
    })
  }

  /** What a sound module says, so that a handler can fall back to it. */
  answerAsUsual(client: Client, command: number, payload: Uint8Array): void {
    const { typeCode = 67, version = '2.05', capabilities = {} } = this.#options
    const row = stateRow(command)
    if (command === COMMAND.panelVersion) {
      client.answer(
        command,
        encodePanelVersion({ typeCode, version: '1.24', date: '2025-03-12', language: 0, inFlash: true }),
      )
    } else if (command === COMMAND.moduleVersion) {
      if ('version' in this.#options && this.#options.version === undefined) return
      const all: ModuleCapabilities = { wideData: true, part8: true, armOptions: false, ...capabilities }
      client.answer(command, encodeModuleVersion({ version, date: '2019-09-11', capabilities: all }))
    } else if (command === COMMAND.clock) {
      client.answer(command, clockPayload(typeCode & 15))
    } else if (command === COMMAND.newData) {
      this.#answerNewData(client, payload)
    } else if (row !== undefined) {
      const bytes = payload.length > 0 ? row.wideBytes : row.bytes
      const data = new Uint8Array(bytes)
      data.set((this.states.get(command) ?? new Uint8Array(0)).subarray(0, bytes))
      this.fresh.delete(command)
      client.answer(command, data)
    } else if (command >= 0x80 && command !== COMMAND.readEvent && command !== COMMAND.readEventText) {
      client.answer(COMMAND.result, Uint8Array.of(0xff))
    }
  }

  #answerNewData(client: Client, payload: Uint8Array): void {
    if (payload.length >= 12) {
      client.answer(COMMAND.result, Uint8Array.of(0xff))
      return
    }
    const mask = new Uint8Array(5 + payload.length)
    for (const command of this.fresh) mask[command >> 3] = (mask[command >> 3] ?? 0) | (1 << (command & 7))
    client.answer(COMMAND.newData, mask)
  }

  /** Changes a state and marks it as new. */
  change(command: number, data: Uint8Array): void {
    this.states.set(command, data)
    this.fresh.add(command)
  }
}

export function clockPayload(basicType = 3, atMs = Date.now()): Uint8Array {
  return encodeClock({
    time: utcToPanelTime(atMs, 'Europe/Warsaw'),
    weekday: 0,
    serviceMode: false,
    troubles: false,
    acu100Present: false,
    intRxPresent: false,
    troubleMemory: false,
    gradeOption: false,
    basicType,
  })
}
