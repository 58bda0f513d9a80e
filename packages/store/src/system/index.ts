export { type Act, actorId, type AuditFilter, auditOf, listAudit } from './list-audit.ts'
