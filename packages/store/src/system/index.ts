export { type Act, actorId, type AuditFilter, auditOf, listAudit } from './list-audit.ts'
export { type AuditProblem, type AuditVerdict, type SealedUpTo, sealAudit, verifyAudit } from './audit-chain.ts'
export { type SystemFigures, systemFigures } from './system-figures.ts'
