export {
  assignSites,
  findUser,
  listAssignedSites,
  listSessions,
  listUsers,
  lockUsers,
  ownsUsers,
  setTemporaryPassword,
  unlockUser,
  updateUser,
  type UserFilter,
} from './administer-users.ts'
export { forgiveRateLimit, hitRateLimits, type LimitHits, putTicket, takeTicket } from './fallbacks.ts'
export {
  insertPasskey,
  listPasskeys,
  lockPasskey,
  type NewPasskey,
  type Passkey,
  type PasskeyChallenge,
  type PasskeyPurpose,
  putPasskeyChallenge,
  recordPasskeyUse,
  removePasskey,
  renamePasskey,
  suspendPasskey,
  takePasskeyChallenge,
} from './passkeys.ts'
export {
  lockSetup,
  putSetupCode,
  type SetupState,
  setupState,
  trySetupCode,
  useUpSetupCode,
} from './setup-code.ts'
export {
  countPinAttempt,
  findUserSecurity,
  forgetSignInChoices,
  lockSession,
  sessionBegan,
  setLockAfter,
  setPin,
  setSecondFactor,
  unlockSession,
  type UserSecurity,
} from './user-security.ts'
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
