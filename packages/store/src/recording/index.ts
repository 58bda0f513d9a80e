export type { RecordOutcome, RefusalReason } from './fold-batch.ts'
export { lockQuietAlarms, type QuietAlarm } from './quiet-alarms.ts'
export { type RecordOptions, recordEvents, recordInTransaction } from './record-events.ts'
export type { RecordableEvent, RecordingRules } from './rules.ts'
