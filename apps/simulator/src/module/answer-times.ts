import { COMMAND } from '@stam/integra/codec'
import type { Latency } from '../panel/panel-spec.ts'
import type { SeededRandom } from '../seeded-random.ts'
import type { ModuleProfile } from './module-profile.ts'

/** What an answer has to wait for; times in ms as seen on hardware (reference 1.3, 8.4). */
const TIMES = {
  /** The module knows it. */
  cached: [5, 20],
  /** The module has to ask the panel. */
  bus: [200, 300],
  control: [20, 100],
  temperature: [500, 5_000],
  /** State reads the old module fetches on demand; the spec sets the upper end. */
  slow_state: [20, 20],
} as const satisfies Record<string, readonly [number, number]>

type AnswerTime = keyof typeof TIMES

const EFFECT: readonly [number, number] = [100, 2_000]
/** Pushed frames in a burst are about 20 ms apart. */
const PUSH_GAP_MS = 20
/** A client that connects per command and tries again after 2, 4 ms gets through (reference 1.2). */
const RELEASE_MS = 4

const SLOW_ON_V1: ReadonlySet<number> = new Set([
  COMMAND.zonesMasked,
  COMMAND.zonesMaskedMemory,
  COMMAND.partitionsArmedMode1,
  COMMAND.partitionsWarningAlarm,
])
const FROM_THE_BUS: ReadonlySet<number> = new Set([
  COMMAND.readName,
  COMMAND.readEvent,
  COMMAND.readEventText,
  COMMAND.outputPower,
])

function answerTime(command: number, profile: ModuleProfile): AnswerTime {
  if (command <= COMMAND.troubleMemory8) {
    return profile.generation === 1 && SLOW_ON_V1.has(command) ? 'slow_state' : 'cached'
  }
  if (command === COMMAND.zoneTemperature) return 'temperature'
  if (FROM_THE_BUS.has(command) || command >= COMMAND.readOwnUser) return 'bus'
  return command >= COMMAND.arm0 ? 'control' : 'cached'
}

/** How long things take on one module. All zero in `zero`, all the same for a number. */
export interface AnswerTimes {
  answerMs(command: number): number
  /** From the answer to a control command until its effect shows. */
  effectMs(): number
  readonly pushGapMs: number
  readonly releaseMs: number
}

/** @param slowStateMs longest time of the state reads an old module fetches on demand */
export function answerTimes(
  latency: Latency,
  profile: ModuleProfile,
  random: SeededRandom,
  slowStateMs: number,
): AnswerTimes {
  if (latency === 'real') {
    return {
      answerMs: (command) => {
        const time = answerTime(command, profile)
        const [low, high] = TIMES[time]
        return random.between(low, time === 'slow_state' ? slowStateMs : high)
      },
      effectMs: () => random.between(EFFECT[0], EFFECT[1]),
      pushGapMs: PUSH_GAP_MS,
      releaseMs: RELEASE_MS,
    }
  }
  const ms = latency === 'zero' ? 0 : latency
  return { answerMs: () => ms, effectMs: () => ms, pushGapMs: 0, releaseMs: 0 }
}
