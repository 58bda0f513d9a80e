import type { CodePage } from '../codec/code-page.ts'
import type { PanelType } from '../codec/panel-types.ts'
import type { ModuleCapabilities } from '../codec/versions.ts'

/** What an encoder and a decoder need to know of the other side. */
export interface CommandContext {
  /** Sizes of the panel; undefined for a type code this package does not know. */
  readonly panel: PanelType | undefined
  readonly capabilities: ModuleCapabilities
  /** Whether the module is INT-RS v2 / ETHM-1 Plus. */
  readonly v2: boolean
  /** Bytes of a zone or output mask the panel takes: 32 on a 256 Plus, else 16 (reference 4.6). */
  readonly maskBytes: 16 | 32
  readonly codePage: CodePage
}

/**
 * Everything about one command of the protocol, as a value.
 *
 * `control` commands change something; they are answered by a result frame and are never sent twice. `read` commands
 * are answered by a frame of their own number and may be repeated.
 */
export interface PanelCommand<Args, Answer> {
  readonly name: string
  readonly number: number
  readonly kind: 'control' | 'read'
  /** Request payload. @throws RangeError for arguments the protocol cannot carry; the message holds no secret */
  readonly encode: (args: Args, context: CommandContext) => Uint8Array
  /** Whether a frame of this command's number is the answer to that request: length and echoed parameters. */
  readonly matches: (answer: Uint8Array, request: Uint8Array) => boolean
  /** undefined: the answer has the right shape but makes no sense. */
  readonly decode: (answer: Uint8Array, context: CommandContext) => Answer | undefined
  /** Why this module or panel cannot do it, as a sentence; undefined when it can. */
  readonly unsupported?: (args: Args, context: CommandContext) => string | undefined
  /** Takes longer than others by nature: the longer time limit of the link applies. */
  readonly slow?: boolean
  /**
   * A module may stay silent for ever on this read (no thermometer, old module): silence does not end the connection.
   * Late answers are let pass before anything else is asked.
   */
  readonly silenceIsAnswer?: boolean
  /** Arguments that must never be logged. */
  readonly secrets: readonly string[]
}
