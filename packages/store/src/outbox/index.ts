export { appendOutbox, type OutboxMessage } from './append-outbox.ts'
export {
  claimOverdue,
  FAILURES_BEFORE_ALERT,
  markFailed,
  markPublished,
  numberOutbox,
  OUTBOX_CHANNEL,
  type OutboxBacklog,
  outboxBacklog,
  pruneOutbox,
  readStream,
  STREAM_CHANNEL,
  type StreamPage,
  streamPosition,
} from './stream.ts'
