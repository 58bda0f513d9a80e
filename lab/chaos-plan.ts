/** What a chaos run breaks and when: a function of its seed and length alone, so that a failing seed is a case to keep. */

/**
 * `kill` SIGKILL; `stop` SIGTERM (servers: their own orderly stop); `freeze` SIGSTOP, then SIGCONT; after it processes and servers are
 * started again. Links: `cut` resets what is connected and refuses what dials; `silent` is half-open, nobody learns of it; `slow` is late.
 */
export type FaultKind = 'kill' | 'stop' | 'freeze' | 'cut' | 'silent' | 'slow'

export interface PlannedFault {
  readonly at_ms: number
  readonly for_ms: number
  readonly kind: FaultKind
  readonly target: string
}

const PROCESSES = ['backend-1', 'backend-2', 'outbox-relay-1', 'outbox-relay-2', 'satel-worker-1', 'satel-worker-2']
const SERVERS = ['rabbitmq', 'redis', 'postgresql']
const SIDES = ['broker', 'redis', 'database']
const LINKS = [
  ...PROCESSES.flatMap((process) => SIDES.map((side) => `${process}:${side}`)),
  'panels:even',
  'panels:odd',
  'panels:all',
]

/** Kinds of fault by what they strike; a target is drawn from its group, groups by weight. */
const GROUPS: readonly { readonly weight: number; readonly kinds: readonly FaultKind[]; readonly targets: string[] }[] =
  [
    { weight: 40, kinds: ['kill', 'kill', 'stop', 'freeze'], targets: PROCESSES },
    { weight: 20, kinds: ['kill', 'stop', 'freeze'], targets: SERVERS },
    { weight: 35, kinds: ['cut', 'silent', 'slow'], targets: LINKS },
    { weight: 5, kinds: ['cut'], targets: ['screens'] },
  ]

const FIRST_MS = 1_000
const LONGEST_MS = 14_000
/** Average pause between two faults; several are at work at a time. */
const GAP_MS = 3_500
/** How long a target needs to be itself again before it may be struck once more. */
const RECOVER_MS = 6_000

export function planChaos(seed: number, minutes: number): PlannedFault[] {
  const random = seededRandom(seed)
  const endMs = minutes * 60_000
  const freeAt = new Map<string, number>()
  const faults: PlannedFault[] = []
  for (let at = FIRST_MS; ; at += Math.round(GAP_MS * (0.2 + 1.6 * random()))) {
    // Short ones are the more frequent: most faults of a real night last seconds.
    const duration = 200 + Math.round((LONGEST_MS - 200) * random() ** 2)
    const group = drawGroup(random())
    const target = draw(group.targets, random())
    const kind = draw(group.kinds, random())
    if (at + duration > endMs) return faults
    // One thing at a time is wrong with each target; different targets fail together.
    const thing = target.startsWith('panels') ? 'panels' : target
    if ((freeAt.get(thing) ?? 0) > at) continue
    freeAt.set(thing, at + duration + RECOVER_MS)
    faults.push({ at_ms: at, for_ms: duration, kind, target })
  }
}

function drawGroup(at: number): (typeof GROUPS)[number] {
  let rest = at * GROUPS.reduce((sum, { weight }) => sum + weight, 0)
  for (const group of GROUPS) {
    rest -= group.weight
    if (rest < 0) return group
  }
  return GROUPS.at(-1) as (typeof GROUPS)[number]
}

function draw<T>(items: readonly T[], at: number): T {
  return items[Math.floor(at * items.length)] as T
}

/** mulberry32: small, and the same everywhere. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 0x100000000
  }
}
