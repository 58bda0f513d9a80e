/** The door: the station and the process itself start the backend from here. */
export { BackendConfig, type BackendConfigInput } from './config.ts'
export { type AccessTokens, createAccessTokens, generateSigningKey } from './identity/access-tokens.ts'
export { type NewPerson, addPeople } from './identity/add-people.ts'
export { type BackendDependencies, type RunningBackend, startBackend } from './start-backend.ts'
