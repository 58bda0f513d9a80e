export { EMBEDDED_POSTGRES_ERROR_CODES, EmbeddedPostgresError, type EmbeddedPostgresErrorCode } from './errors.ts'
export {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from './start-embedded-postgres.ts'
