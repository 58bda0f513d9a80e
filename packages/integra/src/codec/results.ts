/** Result frames 0xEF (reference 4.6). */
export type ResultName =
  | 'done'
  | 'code_not_recognised'
  | 'no_access'
  | 'user_missing'
  | 'user_exists'
  | 'wrong_or_used_code'
  | 'telephone_code_used'
  | 'code_unchanged'
  | 'other_error'
  | 'cannot_arm_may_force'
  | 'cannot_arm'
  | 'unspecified_error'
  | 'accepted'
  | 'unknown_result'

export interface ResultCode {
  readonly code: number
  readonly name: ResultName
  /** 00 done or FF accepted; FF only says that length and check value were fine: verify by state. */
  readonly success: boolean
  readonly english: string
  readonly polish: string
}

const TABLE: readonly (readonly [number, ResultName, string, string])[] = [
  [0x00, 'done', 'Done', 'Wykonano'],
  [0x01, 'code_not_recognised', 'User code not recognised', 'Kod użytkownika nierozpoznany'],
  [0x02, 'no_access', 'No access', 'Brak dostępu'],
  [0x03, 'user_missing', 'The user does not exist', 'Użytkownik nie istnieje'],
  [0x04, 'user_exists', 'The user already exists', 'Użytkownik już istnieje'],
  [0x05, 'wrong_or_used_code', 'Wrong code, or code already in use', 'Błędny kod albo kod już używany'],
  [0x06, 'telephone_code_used', 'Telephone code already in use', 'Kod telefoniczny już używany'],
  [0x07, 'code_unchanged', 'The new code equals the old one', 'Nowy kod jest taki sam jak stary'],
  [0x08, 'other_error', 'Other error', 'Inny błąd'],
  [
    0x11,
    'cannot_arm_may_force',
    'Cannot arm: zones violated or trouble present; may be forced',
    'Nie można uzbroić: naruszone wejścia lub awaria; można wymusić',
  ],
  [0x12, 'cannot_arm', 'Cannot arm', 'Nie można uzbroić'],
  [0xff, 'accepted', 'Accepted, being processed', 'Przyjęto do wykonania'],
]

/** Codes 80..8F share one meaning, and any other byte is reported as unknown, never as success. */
export function resultCode(code: number): ResultCode {
  const row = TABLE.find(([known]) => known === code)
  if (row !== undefined) {
    const [, name, english, polish] = row
    return { code, name, success: code === 0x00 || code === 0xff, english, polish }
  }
  const hex = code.toString(16).padStart(2, '0').toUpperCase()
  return code >= 0x80 && code <= 0x8f
    ? { code, name: 'unspecified_error', success: false, english: `Panel error ${hex}`, polish: `Błąd centrali ${hex}` }
    : { code, name: 'unknown_result', success: false, english: `Result ${hex}`, polish: `Wynik ${hex}` }
}

/** Codes with a meaning of their own, for the simulator and the console. */
export const RESULT_CODES: readonly ResultCode[] = TABLE.map(([code]) => resultCode(code))
