/** Rights of a user in wire order: name n is bit n of three bytes, low byte first (reference 4.7). */
export const userRightNames = [
  'arm',
  'disarm',
  'clear_alarm_partition',
  'clear_alarm_object',
  'clear_alarm_system',
  'defer_arming',
  'change_code',
  'edit_users',
  'bypass_zones',
  'set_clock',
  'view_troubles',
  'view_events',
  'reset_zones',
  'change_options',
  'tests',
  'downloading',
  'disarm_others',
  'cancel_messaging',
  'guardx',
  'enter_blocked',
  'first_code',
  'second_code',
  'control_outputs',
  'clear_latched_outputs',
] as const
export type UserRight = (typeof userRightNames)[number]

const BIT = new Map<UserRight, number>(userRightNames.map((name, bit) => [name, 1 << bit]))

/** 24-bit mask of a list of rights. */
export function rightsMask(rights: Iterable<UserRight>): number {
  let mask = 0
  for (const right of rights) mask |= BIT.get(right) as number
  return mask
}

export function hasRight(mask: number, right: UserRight): boolean {
  return (mask & (BIT.get(right) as number)) !== 0
}

const NOT_FOR_EVERYBODY: readonly UserRight[] = ['edit_users', 'change_options', 'downloading']

/** What a spec without rights gets: masters (241..248) and service (255) everything, users the daily ones. */
export function usualRights(userNumber: number): number {
  const all = rightsMask(userRightNames)
  return userNumber > 240 ? all : all & ~rightsMask(NOT_FOR_EVERYBODY)
}

export function rightsToBytes(mask: number): Uint8Array {
  return Uint8Array.of(mask & 0xff, (mask >> 8) & 0xff, (mask >> 16) & 0xff)
}

export function rightsFromBytes(bytes: Uint8Array): number {
  return (bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8) | ((bytes[2] ?? 0) << 16)
}
