export {
  assignSites,
  findUser,
  listAssignedSites,
  listSessions,
  listUsers,
  lockUsers,
  setTemporaryPassword,
  unlockUser,
  updateUser,
  type UserFilter,
} from './administer-users.ts'
export { forgiveRateLimit, hitRateLimit, putTicket, takeTicket } from './fallbacks.ts'
export { claimIdempotencyKey, type KeyClaim, removeExpired, storeIdempotentAnswer } from './idempotency.ts'
export {
  findServiceToken,
  insertServiceToken,
  listServiceTokens,
  revokeServiceToken,
  type ServiceToken,
} from './service-tokens.ts'
export {
  type EndReason,
  endSession,
  endSessionsOf,
  insertRefreshToken,
  lockRefreshToken,
  type NewRefreshToken,
  replaceRefreshToken,
  type ShownToken,
} from './sessions.ts'
export {
  type Credentials,
  changePassword,
  countFailedLogin,
  findCredentials,
  findCredentialsById,
  findPrincipal,
  findPrincipals,
  insertUser,
  type NewUser,
  type Principal,
  recordLogin,
  type User,
} from './users.ts'
