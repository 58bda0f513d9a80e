export { type Act, actorId, type AuditFilter, auditOf, listAudit } from './list-audit.ts'
export { type SystemFigures, systemFigures } from './system-figures.ts'
