/** The door: the station and the process itself start the backend from here. */
export { BackendConfig, type BackendConfigInput } from './config.ts'
export { type AccessTokens, createAccessTokens } from './identity/access-tokens.ts'
export { type NewPerson, addPeople } from './identity/add-people.ts'
export type { CodePrinter, SetupCode } from './identity/first-start.ts'
export { type Recovered, recoverMaster } from './identity/recover-master.ts'
export { endServiceToken, issueServiceToken } from './identity/service-tokens.ts'
export { fixedSigningKeys, generateSigningKey } from './identity/signing-keys.ts'
export { type BackendDependencies, type RunningBackend, startBackend } from './start-backend.ts'
