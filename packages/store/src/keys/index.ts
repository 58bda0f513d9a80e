export { type DataKeys, openDataKeys } from './data-keys.ts'
export {
  addKey,
  changeKeys,
  dropSpentSigningKeys,
  type KeyChange,
  type KeyPurpose,
  KEYS_CHANNEL,
  listKeys,
  type NewKey,
  requestKey,
  signingKeyIsOld,
  type StoredKey,
  takeKeyRequests,
} from './keys.ts'
export {
  dropFormerKeys,
  type Reencrypted,
  reencryptAll,
  resealKeys,
  sealedColumns,
  settleKey,
  unsettledKey,
} from './reencrypt.ts'
export { type KeyWatch, watchKeys } from './watch-keys.ts'
