import type { StreamMessage } from '@stam/contracts'

/** Whether the messages follow `sequenceId` without a gap up to the newest number of the buffer; never for an empty one. */
export function isComplete(
  sequenceId: number,
  messages: readonly Pick<StreamMessage, 'sequence_id'>[],
  newest: number | null,
): boolean {
  if (newest === null) return false
  const followsOn = messages.every((message, index) => message.sequence_id === sequenceId + 1 + index)
  return followsOn && sequenceId + messages.length === newest
}
