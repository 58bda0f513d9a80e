export {
  openStore,
  type Queryable,
  type Store,
  type StoreOptions,
  type Transaction,
  type TransactionOptions,
} from './connection.ts'
export { isStoreError, isTemporary, STORE_ERROR_CODES, StoreError, type StoreErrorCode } from './errors.ts'
export type { ListenCallback, Subscription } from './listener.ts'
export { type MigrateOptions, type Migrated, migrate } from './migrate.ts'
export * from './outbox/index.ts'
export { appendAudit, type AuditEntryDraft } from './system/append-audit.ts'
export { ifNobodyElse } from './if-nobody-else.ts'
export * from './recording/index.ts'
export { ensureEventPartitions, type Removed, removeOutlived } from './retention/keep-data.ts'
export * from './alarms/index.ts'
export * from './identity/index.ts'
export * from './sites/index.ts'
export * from './system/index.ts'
export * from './panels/index.ts'
export * from './keys/index.ts'
