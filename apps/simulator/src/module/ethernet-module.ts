import { createServer, type Server, type Socket } from 'node:net'
import { encodeBusyBlock, PduCipher } from '@stam/integra/codec'
import type { EmittedSignal, PanelListener, VirtualPanel } from '../panel/virtual-panel.ts'
import type { Latency, PanelMode } from '../panel/panel-spec.ts'
import { SimulatorError } from '../simulator-error.ts'
import type { Timer } from '../simulator-time.ts'
import { type AnswerTimes, answerTimes } from './answer-times.ts'
import { type AnswerFate, type Behaviour, faultBehaviour, modeBehaviour, type ReceivedRequest } from './behaviour.ts'
import { ClientSession } from './client-session.ts'
import type { Fault, FaultMode } from './fault.ts'
import { type ModuleProfile, moduleProfile } from './module-profile.ts'
import { StateFrames } from './state-frames.ts'

const SEND: AnswerFate = { kind: 'send' }
/** Newcomers being told "busy" at one time. */
const NEWCOMER_LIMIT = 32
const NEWCOMER_LINGER_MS = 500
const RECEIVED_LIMIT = 64
const REOPEN_MS = 100

/** Counters of a module since its start. */
export interface ModuleCounters {
  connections: number
  busyAnswers: number
  requests: number
  answers: number
  discardedBytes: number
  /** Encrypted PDUs whose echo of our identifier was wrong; tolerated unless the spec is strict. */
  wrongEchoes: number
}

/** The ETHM-1 in front of a panel: one listener, one client at a time, and its faults. */
export class EthernetModule implements PanelListener {
  readonly panel: VirtualPanel
  readonly profile: ModuleProfile
  readonly frames: StateFrames
  readonly times: AnswerTimes
  readonly counters: ModuleCounters = {
    connections: 0,
    busyAnswers: 0,
    requests: 0,
    answers: 0,
    discardedBytes: 0,
    wrongEchoes: 0,
  }
  readonly #behaviours: Behaviour[] = []
  readonly #received: ReceivedRequest[] = []
  readonly #sockets = new Set<Socket>()
  #server: Server | undefined
  #port = 0
  #session: ClientSession | undefined
  #slotFreeAtMs = 0
  #newcomers = 0
  #cipher: PduCipher | undefined
  #mode: PanelMode = 'NORMAL'
  #modeBehaviour: Behaviour | undefined
  #fault: { mode: FaultMode; behaviour: Behaviour; timer: Timer | undefined } | undefined
  #closed = false
  #listening: Promise<void> = Promise.resolve()

  constructor(panel: VirtualPanel, options: { latency: Latency; mode: PanelMode }) {
    this.panel = panel
    this.profile = moduleProfile(panel.spec.module.profile)
    this.frames = new StateFrames(panel)
    const { latency = options.latency, module } = panel.spec
    this.times = answerTimes(latency, this.profile, panel.random, module.slowStateMs)
    this.setMode(panel.spec.mode ?? options.mode)
    panel.listener = this
  }

  get port(): number {
    return this.#port
  }

  get encrypted(): boolean {
    return this.panel.spec.integrationKey !== undefined
  }

  get connected(): boolean {
    return this.#session !== undefined
  }

  get mode(): PanelMode {
    return this.#mode
  }

  get faultMode(): FaultMode {
    return this.#fault?.mode ?? 'none'
  }

  get frozen(): boolean {
    return this.#behaviours.length > 0 && this.#behaviours.some((behaviour) => behaviour.frozen === true)
  }

  /** Made with the first client: two cipher contexts per panel are much for panels nobody talks to. */
  get cipher(): PduCipher | undefined {
    const { integrationKey } = this.panel.spec
    if (integrationKey === undefined) return undefined
    this.#cipher ??= new PduCipher(integrationKey)
    return this.#cipher
  }

  /** The latest requests, oldest first; for assertions. */
  get received(): readonly ReceivedRequest[] {
    return this.#received
  }

  /** Starts listening; 0: on any free port. @throws SimulatorError PORT_TAKEN */
  async open(port: number): Promise<void> {
    this.#port = port
    this.#listening = this.#listen()
    await this.#listening
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#fault?.timer?.cancel()
    this.#session?.close('module')
    await this.#listening.catch(() => undefined)
    this.#stopListening()
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Puts a behaviour on top of the stack. @returns takes it off again */
  use(behaviour: Behaviour): () => void {
    this.#behaviours.push(behaviour)
    return () => {
      const at = this.#behaviours.indexOf(behaviour)
      if (at >= 0) this.#behaviours.splice(at, 1)
    }
  }

  setMode(mode: PanelMode): void {
    this.#mode = mode
    this.#modeBehaviour = modeBehaviour(mode, this.panel.random)
  }

  /** Replaces the present fault; `none` heals. Resolves when the listener is as it should be. */
  async setFault(fault: Fault): Promise<void> {
    await this.#endFault()
    if (fault.mode === 'none') return
    // A fault may be spent by its first strike, before `use` has returned.
    const behaviour = faultBehaviour(fault, this.panel.random, () => void this.#endFault(behaviour))
    this.use(behaviour)
    const timer =
      fault.durationMs === undefined
        ? undefined
        : this.panel.time.after(fault.durationMs, () => void this.#endFault(behaviour))
    this.#fault = { mode: fault.mode, behaviour, timer }
    if (fault.mode === 'refuse') {
      this.#session?.close('reset')
      this.#stopListening()
    } else if (fault.mode === 'busy') this.#session?.close('module')
    else if (fault.mode === 'close') {
      this.#session?.close(fault.reset ? 'reset' : 'module')
      // Without a limit it is one cut, not a module that can never be used again.
      if (fault.count === undefined && fault.durationMs === undefined) await this.#endFault()
    }
  }

  async #endFault(only?: Behaviour): Promise<void> {
    const fault = this.#fault
    if (fault === undefined || (only !== undefined && fault.behaviour !== only)) return
    this.#fault = undefined
    fault.timer?.cancel()
    const at = this.#behaviours.indexOf(fault.behaviour)
    if (at >= 0) this.#behaviours.splice(at, 1)
    if (fault.mode === 'refuse' && !this.#closed) await this.#reopen()
  }

  onChanged(changedSlots: readonly number[]): void {
    this.frames.invalidate(changedSlots)
    this.#session?.onChanged(changedSlots)
  }

  onSignals(signals: readonly EmittedSignal[]): void {
    if (this.panel.spec.module.unsolicitedEvents) this.#session?.onSignals(signals)
  }

  /** What the top-most behaviour with an opinion says about a request. */
  verdict(request: ReceivedRequest): 'ignore' | 'close' | 'reset' | undefined {
    for (let i = this.#behaviours.length - 1; i >= 0; i--) {
      const verdict = this.#behaviours[i]?.onRequest?.(request)
      if (verdict !== undefined) return verdict
    }
    return this.#modeBehaviour?.onRequest?.(request)
  }

  fate(frame: Uint8Array): AnswerFate {
    for (let i = this.#behaviours.length - 1; i >= 0; i--) {
      const fate = this.#behaviours[i]?.onAnswer?.(frame)
      if (fate !== undefined) return fate
    }
    return this.#modeBehaviour?.onAnswer?.(frame) ?? SEND
  }

  noteRequest(request: ReceivedRequest): void {
    this.counters.requests++
    this.#received.push(request)
    if (this.#received.length > RECEIVED_LIMIT) this.#received.shift()
  }

  noteAnswer(): void {
    this.counters.answers++
  }

  noteDiscarded(bytes: number): void {
    this.counters.discardedBytes += bytes
  }

  notePdu(echoed: boolean): void {
    if (!echoed) this.counters.wrongEchoes++
  }

  sessionClosed(session: ClientSession): void {
    if (this.#session !== session) return
    this.#session = undefined
    const { releaseDelayMs } = this.panel.spec.module
    this.#slotFreeAtMs = this.panel.time.monotonicMs() + (releaseDelayMs ?? this.times.releaseMs)
  }

  #onConnection(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    let verdict: ReturnType<NonNullable<Behaviour['onConnect']>>
    for (let i = this.#behaviours.length - 1; i >= 0 && verdict === undefined; i--) {
      verdict = this.#behaviours[i]?.onConnect?.()
    }
    if (verdict === 'close') socket.resetAndDestroy()
    else if (verdict === 'busy') this.#tellBusy(socket)
    else if (this.#session !== undefined && this.panel.spec.module.busyPolicy === 'displace') {
      this.#session.close('module')
      this.#serve(socket)
    } else if (this.#session !== undefined || this.panel.time.monotonicMs() < this.#slotFreeAtMs) this.#tellBusy(socket)
    else this.#serve(socket)
  }

  #serve(socket: Socket): void {
    this.counters.connections++
    this.#session = new ClientSession(this, socket)
  }

  /** The 16-byte block and a close (reference 1.2); encrypted modules send something opaque of the same size. */
  #tellBusy(socket: Socket): void {
    socket.on('error', () => socket.destroy())
    if (this.#newcomers >= NEWCOMER_LIMIT) {
      socket.resetAndDestroy()
      return
    }
    this.#newcomers++
    this.counters.busyAnswers++
    const block = encodeBusyBlock(this.panel.random.bytes(8))
    socket.end(this.cipher === undefined ? block : this.cipher.encrypt(block))
    socket.resume()
    const timer = this.panel.time.after(NEWCOMER_LINGER_MS, () => socket.destroy())
    socket.on('close', () => {
      timer.cancel()
      this.#newcomers--
    })
  }

  #listen(): Promise<void> {
    const { host } = this.panel.spec
    return new Promise((resolve, reject) => {
      const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => this.#onConnection(socket))
      server.once('error', (error: NodeJS.ErrnoException) => {
        reject(
          new SimulatorError(
            error.code === 'EADDRINUSE' ? 'PORT_TAKEN' : 'INTERNAL',
            `panel ${this.panel.id} cannot listen on ${host}:${this.#port}: ${error.code ?? error.message}`,
            {},
            { cause: error },
          ),
        )
      })
      server.listen({ host, port: this.#port, backlog: 128 }, () => {
        const address = server.address()
        if (address !== null && typeof address === 'object') this.#port = address.port
        this.#server = server
        resolve()
      })
    })
  }

  /** Frees the port at once; connections live on until they are closed. */
  #stopListening(): void {
    this.#server?.close()
    this.#server = undefined
  }

  /** Back on the same port. Something else may have taken it meanwhile: tried again until it is free. */
  async #reopen(): Promise<void> {
    try {
      await this.open(this.#port)
    } catch {
      if (!this.#closed) this.panel.time.after(REOPEN_MS, () => void this.#reopen())
    }
  }
}
