import type { StreamMessage } from '@stam/contracts'

/**
 * Whether the messages follow `sequenceId` without a gap up to the newest number of the buffer; never for an empty one.
 * Numbers are whole and each is there once, so counting them is enough.
 */
export function isComplete(
  sequenceId: number,
  messages: readonly Pick<StreamMessage, 'sequence_id'>[],
  newest: number | null,
): boolean {
  return newest !== null && sequenceId + messages.length === newest
}
