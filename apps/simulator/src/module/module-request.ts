import type { VirtualPanel } from '../panel/virtual-panel.ts'
import type { ModuleProfile } from './module-profile.ts'
import type { StateFrames } from './state-frames.ts'

/** What the module knows of the connection a request came from. */
export interface RequestConnection {
  /** Bytes of the new-data list, the first `bytes` of them; reading does not clear it. */
  newData(bytes: number): Uint8Array
  /** The client has read this command: its bit falls. */
  noteRead(command: number): void
  subscribe(onChange: Uint8Array, onUpdate: Uint8Array): void
}

export interface RequestContext {
  readonly panel: VirtualPanel
  readonly profile: ModuleProfile
  readonly frames: StateFrames
  readonly connection: RequestConnection
}

/** An answer, and what happens in the panel some time after it. Silence is `undefined`. */
export interface Answer {
  readonly frame: Uint8Array
  /** The panel carries the command out, inside a transaction. */
  readonly effect?: () => void
  /** The module acts right behind the answer, on this connection. */
  readonly follow?: () => void
}

/** One command: takes the payload, answers or stays silent (wrong length, not for this module). */
export type RequestHandler = (context: RequestContext, payload: Uint8Array, command: number) => Answer | undefined
