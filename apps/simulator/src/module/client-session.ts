import type { Socket } from 'node:net'
import { COMMAND, type DecodedItem, FrameDecoder, PduDecoder, PduSession } from '@stam/integra/codec'
import type { EmittedSignal } from '../panel/virtual-panel.ts'
import type { Timer } from '../simulator-time.ts'
import type { Answer } from './module-request.ts'
import { answerRequest } from './answer-request.ts'
import type { AnswerFate, ReceivedRequest } from './behaviour.ts'
import type { EthernetModule } from './ethernet-module.ts'
import { NewDataList } from './new-data-list.ts'
import { encodeUnsolicitedEvent } from './unsolicited-event.ts'

/** Requests a client may have waiting; the module has no more memory than that. */
const QUEUE_LIMIT = 16
/** Bytes a client may leave unread before the module gives up on it. */
const UNREAD_LIMIT = 64 * 1024
/** Answers a delaying fault may hold back; more are lost. */
const DELAYED_LIMIT = 64
/** Between the two segments of a split answer. */
const SPLIT_GAP_MS = 3
const MINUTE_MS = 60_000

/** One client on the integration port: its stream, its flags, its place in the queue. */
export class ClientSession {
  readonly #module: EthernetModule
  readonly #socket: Socket
  readonly #frames = new FrameDecoder()
  readonly #pdus: PduDecoder | undefined
  readonly #pduSession: PduSession | undefined
  readonly #newData: NewDataList
  readonly #waiting: ReceivedRequest[] = []
  readonly #pushQueue: number[] = []
  /** Pieces that wait behind the first segment of a split answer. */
  readonly #pieces: Uint8Array[] = []
  #delayed = 0
  #answering = false
  #closed = false
  #lastReceivedMs: number
  #idleTimer: Timer | undefined
  #pushTimer: Timer | undefined
  #updateTimer: Timer | undefined
  #minuteTimer: Timer | undefined

  constructor(module: EthernetModule, socket: Socket) {
    this.#module = module
    this.#socket = socket
    this.#newData = new NewDataList(module.profile, module.panel.spec.module.newDataOnConnect === 'all')
    const { cipher } = module
    if (cipher !== undefined) {
      this.#pdus = new PduDecoder(cipher)
      this.#pduSession = new PduSession(cipher, { ids: module.panel.random.between(0, 255) })
    }
    this.#lastReceivedMs = module.panel.time.monotonicMs()
    this.#watchIdle()
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('error', () => this.close('error'))
    socket.on('close', () => this.close('client'))
    // The client has finished sending: nothing more will be asked.
    socket.on('end', () => this.close('client'))
  }

  /** State reads whose data changed: flagged, or pushed where subscribed. */
  onChanged(slots: readonly number[]): void {
    for (const slot of slots) {
      if (slot > this.#module.profile.lastStateRead) continue
      if (this.#newData.note(slot) === 'push') this.#queuePush(slot)
    }
    this.#pushNow()
  }

  onSignals(signals: readonly EmittedSignal[]): void {
    if (this.#module.profile.generation === 1 || this.#module.frozen) return
    for (const signal of signals) this.#send(encodeUnsolicitedEvent(signal))
  }

  /** Ends the connection. `reset` cuts it, everything else ends it in good order. */
  close(reason: 'client' | 'error' | 'idle' | 'module' | 'reset'): void {
    if (this.#closed) return
    this.#closed = true
    this.#idleTimer?.cancel()
    this.#pushTimer?.cancel()
    this.#updateTimer?.cancel()
    this.#minuteTimer?.cancel()
    this.#waiting.length = 0
    if (reason === 'reset') this.#socket.resetAndDestroy()
    else if (reason === 'error') this.#socket.destroy()
    else {
      this.#socket.end()
      // What the client sends from now on is read and forgotten, so that its end of the line can close.
      this.#socket.removeAllListeners('data')
      this.#socket.resume()
      const socket = this.#socket
      this.#module.panel.time.after(1_000, () => socket.destroy())
    }
    this.#module.sessionClosed(this)
  }

  #watchIdle(): void {
    const { time, spec } = this.#module.panel
    const left = this.#lastReceivedMs + spec.module.idleCloseMs - time.monotonicMs()
    this.#idleTimer = time.after(left, () => {
      const silent = time.monotonicMs() - this.#lastReceivedMs
      if (this.#module.frozen) this.#lastReceivedMs = time.monotonicMs()
      else if (silent >= spec.module.idleCloseMs) {
        this.close('idle')
        return
      }
      this.#watchIdle()
    })
  }

  #receive(chunk: Uint8Array): void {
    this.#lastReceivedMs = this.#module.panel.time.monotonicMs()
    if (this.#pdus === undefined) {
      this.#take(this.#frames.push(chunk))
      return
    }
    for (const item of this.#pdus.push(chunk)) {
      if (this.#closed) return
      if (item.kind === 'desynchronised') {
        this.close('reset')
        return
      }
      const { frame } = item.pdu
      const echoed = (this.#pduSession as PduSession).accept(item.pdu)
      this.#module.notePdu(echoed)
      // Garbage behind the header means another key: the module closes without a word (reference 3.5).
      const wrongKey = frame[0] !== 0xfe || frame[1] !== 0xfe
      if (wrongKey || (!echoed && this.#module.panel.spec.module.strictIdr)) {
        this.close('module')
        return
      }
      this.#take(this.#frames.push(frame))
    }
  }

  #take(items: readonly DecodedItem[]): void {
    for (const item of items) {
      if (item.kind === 'discarded') {
        this.#module.noteDiscarded(item.bytes)
        continue
      }
      if (this.#closed) return
      this.#module.noteRequest(item)
      if (this.#module.frozen) continue
      if (this.#answering) this.#wait(item)
      else this.#answer(item)
    }
  }

  #wait(request: ReceivedRequest): void {
    if (this.#module.panel.spec.module.whileBusy === 'drop' || this.#waiting.length >= QUEUE_LIMIT) return
    this.#waiting.push(request)
  }

  #answer(request: ReceivedRequest): void {
    const { panel, times } = this.#module
    const verdict = this.#module.verdict(request)
    if (verdict === 'ignore') return
    if (verdict === 'close' || verdict === 'reset') {
      this.close(verdict === 'close' ? 'module' : 'reset')
      return
    }
    const ms = times.answerMs(request.command)
    if (ms === 0) {
      this.#finish(request)
      return
    }
    this.#answering = true
    panel.time.after(ms, () => {
      this.#answering = false
      if (this.#closed) return
      this.#finish(request)
      this.#next()
    })
  }

  #next(): void {
    while (!this.#closed && !this.#answering) {
      const request = this.#waiting.shift()
      if (request === undefined) return
      this.#answer(request)
    }
  }

  /** The answer is made when it goes out, so that it tells the state of that moment. */
  #finish(request: ReceivedRequest): void {
    if (this.#module.frozen) return
    const { panel, profile, frames, times } = this.#module
    if (request.command === COMMAND.newData) this.#newData.noteClock(panel.clock.localMs())
    const context = { panel, profile, frames, connection: this.#connection }
    const answer = answerRequest(context, request.command, request.payload)
    if (answer === undefined) return
    this.#send(answer.frame)
    answer.follow?.()
    if (answer.effect !== undefined) this.#carryOut(answer.effect, times.effectMs())
  }

  #carryOut(effect: NonNullable<Answer['effect']>, ms: number): void {
    const { panel } = this.#module
    if (ms === 0) panel.transact(effect)
    else panel.time.after(ms, () => panel.transact(effect))
  }

  readonly #connection = {
    newData: (bytes: number): Uint8Array => this.#newData.bytes(bytes),
    noteRead: (command: number): void => {
      this.#newData.noteRead(command, this.#module.panel.clock.localMs())
    },
    subscribe: (onChange: Uint8Array, onUpdate: Uint8Array): void => this.#subscribe(onChange, onUpdate),
  }

  /** The snapshot comes first, one frame per command of the first mask; then what changes (reference 4.5). */
  #subscribe(onChange: Uint8Array, onUpdate: Uint8Array): void {
    const { panel } = this.#module
    const { changes, updates } = this.#newData.subscribe(onChange, onUpdate)
    this.#pushQueue.length = 0
    this.#updateTimer?.cancel()
    this.#minuteTimer?.cancel()
    for (const command of changes) this.#queuePush(command)
    this.#pushNow()
    if (updates.length > 0) this.#repeatUpdates(updates)
    if (changes.includes(COMMAND.clock)) {
      const everyMinute = (): void => {
        this.#minuteTimer = panel.time.after(MINUTE_MS - (panel.clock.localMs() % MINUTE_MS), () => {
          this.#queuePush(COMMAND.clock)
          this.#pushNow()
          everyMinute()
        })
      }
      everyMinute()
    }
  }

  #repeatUpdates(updates: readonly number[]): void {
    const { time, spec } = this.#module.panel
    this.#updateTimer = time.after(spec.module.updateIntervalMs, () => {
      for (const command of updates) this.#queuePush(command)
      this.#pushNow()
      this.#repeatUpdates(updates)
    })
  }

  #queuePush(command: number): void {
    if (!this.#pushQueue.includes(command)) this.#pushQueue.push(command)
  }

  #pushNow(): void {
    const { times, panel, frozen } = this.#module
    if (frozen) this.#pushQueue.length = 0
    while (this.#pushQueue.length > 0 && this.#pushTimer === undefined && !this.#closed) {
      const command = this.#pushQueue.shift() as number
      // Pushed zone and output frames are wide on every v2 module (reference 4.5).
      this.#send(this.#module.frames.frame(command, true))
      if (times.pushGapMs === 0) continue
      this.#pushTimer = panel.time.after(times.pushGapMs, () => {
        this.#pushTimer = undefined
        this.#pushNow()
      })
    }
  }

  #send(frame: Uint8Array): void {
    const fate = this.#module.fate(frame)
    if (fate.kind !== 'delay') {
      this.#write(frame, fate)
      return
    }
    if (this.#delayed >= DELAYED_LIMIT) return
    this.#delayed++
    this.#module.panel.time.after(fate.ms, () => {
      this.#delayed--
      this.#write(frame, SEND)
    })
  }

  #write(frame: Uint8Array, fate: AnswerFate): void {
    if (this.#closed || fate.kind === 'lose') return
    if (fate.kind === 'raw') {
      this.#put([fate.bytes])
      return
    }
    const wire = this.#seal(fate.kind === 'replace' ? fate.frame : frame)
    if (fate.kind === 'half') this.#put([wire.subarray(0, wire.length >> 1)])
    else if (fate.kind === 'split' || this.#module.panel.spec.module.segmentation === 'split') {
      const at = this.#module.panel.random.between(1, wire.length - 1)
      this.#put([wire.subarray(0, at), wire.subarray(at)])
    } else this.#put(fate.kind === 'twice' ? [wire, this.#seal(frame)] : [wire], fate.kind === 'twice')
    this.#module.noteAnswer()
  }

  /** Writes pieces in order, each in a segment of its own unless `together`. */
  #put(pieces: readonly Uint8Array[], together = false): void {
    if (this.#pieces.length > 0) this.#pieces.push(...pieces)
    else if (together || pieces.length === 1) for (const piece of pieces) this.#socket.write(piece)
    else {
      this.#pieces.push(...pieces)
      this.#writePiece()
    }
    const waiting = this.#pieces.length * 64 + this.#socket.writableLength
    if (waiting > UNREAD_LIMIT) this.close('error')
  }

  #writePiece(): void {
    const piece = this.#pieces[0]
    if (piece === undefined || this.#closed) return
    this.#socket.write(piece)
    this.#module.panel.time.after(SPLIT_GAP_MS, () => {
      this.#pieces.shift()
      this.#writePiece()
    })
  }

  #seal(frame: Uint8Array): Uint8Array {
    return this.#pduSession === undefined ? frame : this.#pduSession.seal(frame)
  }
}

const SEND: AnswerFate = { kind: 'send' }
