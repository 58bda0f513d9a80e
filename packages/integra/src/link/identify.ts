import type { CodePage } from '../codec/code-page.ts'
import { encodeFrame } from '../codec/frame.ts'
import { panelType } from '../codec/panel-types.ts'
import { type ModuleVersion, NO_CAPABILITIES, type PanelVersion } from '../codec/versions.ts'
import type { CommandContext, PanelCommand } from '../commands/command.ts'
import { subscribe } from '../commands/new-data.ts'
import { readClock, readModuleVersion, readPanelVersion } from '../commands/read-commands.ts'
import type { Request } from './exchange.ts'
import type { IdentifyStep } from './machine.ts'

const QUESTIONS = { panel: readPanelVersion, module: readModuleVersion, clock: readClock } as const

/** Times as long as the panel's version took, the module's may take. */
const MODULE_PATIENCE = 5

/**
 * How long the module may take to tell its version. Modules older than 0x7C never do (reference 4.3), and the whole link waits for that.
 * A module knows its own version as fast as it has just told the panel's, so silence of some times that long says enough.
 */
export function moduleLimitMs({ answerTimeoutMs }: { readonly answerTimeoutMs: number }, panelTookMs: number): number {
  return Math.min(answerTimeoutMs, Math.max(answerTimeoutMs / 3, MODULE_PATIENCE * panelTookMs))
}

/**
 * The request of an identifying step.
 * @param subscription commands to be pushed on change, for the step that subscribes
 */
export function identifyRequest(
  step: Exclude<IdentifyStep, 'states'>,
  subscription: readonly number[],
  context: CommandContext,
): Request {
  const command: Pick<PanelCommand<never, unknown>, 'number' | 'kind' | 'matches'> = step === 'subscribe'
    ? subscribe
    : QUESTIONS[step]
  const payload =
    step === 'subscribe' ? subscribe.encode({ onChange: subscription, onUpdate: [] }, context) : new Uint8Array(0)
  return {
    command: command.number,
    payload,
    frame: encodeFrame(command.number, payload),
    kind: command.kind,
    matches: command.matches,
    silenceIsAnswer: false,
    repeatable: command.kind === 'read',
  }
}

/**
 * What panel and module can do together. A module that reports any capability is version 2, whatever its version
 * text says; 256 objects are asked for where the panel has them.
 */
export function contextOf(panel: PanelVersion, module: ModuleVersion | undefined, codePage: CodePage): CommandContext {
  const type = panelType(panel.typeCode)
  const capabilities = module?.capabilities ?? NO_CAPABILITIES
  const v2 = module !== undefined && (module.version >= '2' || capabilities.wideData || capabilities.part8)
  const wide = v2 && (type === undefined ? capabilities.wideData : type.zones > 128)
  return { panel: type, capabilities, v2, maskBytes: wide ? 32 : 16, codePage }
}

/** Before anything is known. */
export function unknownContext(codePage: CodePage): CommandContext {
  return { panel: undefined, capabilities: NO_CAPABILITIES, v2: false, maskBytes: 16, codePage }
}
