/**
 * What a violated zone does, by its reaction (reference 6.2). Codes are those SATEL gives the reaction; 16 counting
 * zones share one row.
 */
export interface ZoneBehaviour {
  /** armed: only while its partition is armed; always: 24 h; never: live state only. */
  readonly trigger: 'armed' | 'always' | 'never'
  /** Event code of the alarm (or of the trouble); R = 1 when the zone returns to normal. */
  readonly code: number
  /** Partition bits: alarm 13/15, fire 14/16, or neither for silent panic. */
  readonly signal: 'alarm' | 'fire' | 'silent'
  /** starts: a violation starts the entry delay; follows: it waits for one that runs already. */
  readonly entry?: 'starts' | 'follows'
  /** Not watched in arming modes 2 and 3. */
  readonly interior?: boolean
  /** May be violated while arming with an exit delay. */
  readonly exitRoute?: boolean
  readonly counting?: boolean
  /** The panel reports a trouble instead of an alarm. */
  readonly trouble?: boolean
  readonly control?: 'arm' | 'disarm' | 'arm_disarm' | 'clear_alarm' | 'end_exit_delay'
}

const armed = (code: number, more: Partial<ZoneBehaviour> = {}): ZoneBehaviour => ({
  trigger: 'armed',
  code,
  signal: 'alarm',
  ...more,
})
const always = (code: number, more: Partial<ZoneBehaviour> = {}): ZoneBehaviour => ({
  trigger: 'always',
  code,
  signal: 'alarm',
  ...more,
})
const fire = (code: number): ZoneBehaviour => always(code, { signal: 'fire' })
const never = (more: Partial<ZoneBehaviour> = {}): ZoneBehaviour => ({
  trigger: 'never',
  code: 130,
  signal: 'alarm',
  ...more,
})
const fault = (code: number): ZoneBehaviour => never({ code, trouble: true })

const COUNTING = armed(130, { counting: true })
const LIVE_ONLY = never()

const TABLE: Readonly<Record<number, ZoneBehaviour>> = {
  0: armed(134, { entry: 'starts', exitRoute: true }),
  1: armed(134, { entry: 'starts' }),
  2: armed(130, { entry: 'starts' }),
  3: armed(132, { entry: 'follows', interior: true }),
  4: armed(131),
  5: armed(130),
  6: armed(134, { exitRoute: true }),
  7: armed(135),
  8: armed(136),
  9: always(137),
  10: always(133),
  11: always(133),
  12: always(123),
  13: always(122, { signal: 'silent' }),
  14: always(100),
  15: always(101),
  32: fire(110),
  33: fire(111),
  34: fire(112),
  35: fire(113),
  36: fire(114),
  37: fire(115),
  38: fire(116),
  39: fire(117),
  40: always(200),
  41: always(201),
  42: always(202),
  43: always(203),
  44: always(204),
  45: always(205),
  46: always(206),
  48: always(150),
  49: always(151),
  50: always(152),
  51: always(153),
  52: always(154),
  53: always(155),
  54: always(157),
  55: always(158),
  56: always(159),
  59: fault(301),
  60: fault(302),
  61: fault(1000),
  62: fault(312),
  63: fault(1000),
  80: never({ control: 'arm' }),
  81: never({ control: 'disarm' }),
  82: never({ control: 'arm_disarm' }),
  83: never({ control: 'clear_alarm' }),
  85: armed(134, { entry: 'starts', exitRoute: true }),
  86: armed(134, { entry: 'starts', exitRoute: true }),
  87: armed(134, { exitRoute: true }),
  88: always(133),
  89: never({ control: 'end_exit_delay' }),
  91: never({ code: 380, trouble: true }),
  94: armed(132, { entry: 'follows', interior: true, exitRoute: true }),
  95: armed(132, { entry: 'follows', interior: true }),
  96: fire(110),
  97: fault(1000),
}

/** Total: a reaction without an alarm of its own is live state only. */
export function zoneBehaviour(reaction: number): ZoneBehaviour {
  if (reaction >= 16 && reaction <= 31) return COUNTING
  return TABLE[reaction] ?? LIVE_ONLY
}

/** Whether a violation in the armed state alarms at once, without an entry delay or counting. */
export function alarmsAtOnce(reaction: number): boolean {
  const behaviour = zoneBehaviour(reaction)
  return behaviour.trigger !== 'never' && behaviour.entry === undefined && behaviour.counting !== true
}
