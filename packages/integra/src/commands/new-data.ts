import { commandsToMask } from '../codec/bits.ts'
import { COMMAND } from '../codec/command-numbers.ts'
import type { CommandContext, PanelCommand } from './command.ts'

/** Bytes of a new-data mask: 5 on v1, 6 on v2, 7 with capability bit 1 (reference 4.5). */
export function newDataBytes(context: Pick<CommandContext, 'v2' | 'capabilities'>): 5 | 6 | 7 {
  if (context.capabilities.part8) return 7
  return context.v2 ? 6 : 5
}

/** The list of commands with new data since they were last read; the widest form the module has. */
export const readNewData = {
  name: 'newData',
  number: COMMAND.newData,
  kind: 'read',
  encode: (_args, context) => new Uint8Array(newDataBytes(context) - 5),
  matches: (answer, request) => answer.length === request.length + 5,
  decode: (answer) => answer,
  secrets: [],
} as const satisfies PanelCommand<void, Uint8Array>

export interface SubscriptionArgs {
  /** Commands pushed when their data changes; their present data comes at once. */
  readonly onChange: readonly number[]
  /** Commands pushed whenever the module receives them from the panel. */
  readonly onUpdate: readonly number[]
}

/** Push subscription, v2 only; scope is the connection. Two empty lists switch pushing off. */
export const subscribe = {
  name: 'newData',
  number: COMMAND.newData,
  kind: 'control',
  encode: (args, context) => {
    const bytes = Math.max(6, newDataBytes(context))
    return Uint8Array.of(...commandsToMask(args.onChange, bytes), ...commandsToMask(args.onUpdate, bytes))
  },
  matches: () => false,
  decode: () => undefined,
  unsupported: (_args, context) => (context.v2 ? undefined : 'the module can only be polled'),
  secrets: [],
} as const satisfies PanelCommand<SubscriptionArgs, never>
