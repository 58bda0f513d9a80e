import { COMMAND } from '@stam/integra/codec'
import type { Ledger } from './ledger/ledger.ts'
import { arm, isArmed } from './panel/arming.ts'
import type { ZoneSpec } from './panel/panel-spec.ts'
import type { VirtualPanel } from './panel/virtual-panel.ts'
import { raiseZoneAlarm, restoreZone, violateZone } from './panel/zone-alarms.ts'
import { alarmsAtOnce, zoneBehaviour } from './panel/zone-behaviour.ts'
import type { Burst, PanelSelector, ScenarioProgress, ScenarioSpec } from './scenario.ts'
import type { SimulatedPanel } from './simulated-panel.ts'
import { SimulatorError } from './simulator-error.ts'
import type { SimulatorTime, Timer } from './simulator-time.ts'

const RUNNING_LIMIT = 32
const KEPT_LIMIT = 128
const ERROR_LIMIT = 10
/** A burst runs in ticks of this length; inside a tick its signals follow each other at once. */
const TICK_MS = 5

interface Run {
  readonly id: string
  readonly spec: ScenarioSpec
  status: ScenarioProgress['status']
  readonly startedMs: number
  endedMs: number | undefined
  done: number
  readonly total: number
  alarms: number
  failed: number
  readonly errors: string[]
  readonly firstSeq: number
  lastSeq: number
  /** Parts that are not over: the steps, the burst. */
  open: number
  readonly timers: Set<Timer>
}

/** Runs timed lists of actions over many panels, some at a time, and remembers how they went. */
export class ScenarioRunner {
  readonly #time: SimulatorTime
  readonly #ledger: Ledger
  readonly #panels: () => readonly SimulatedPanel[]
  readonly #runs = new Map<string, Run>()
  #count = 0

  constructor(options: { time: SimulatorTime; ledger: Ledger; panels: () => readonly SimulatedPanel[] }) {
    this.#time = options.time
    this.#ledger = options.ledger
    this.#panels = options.panels
  }

  /** @throws SimulatorError PANEL_NOT_FOUND, NOTHING_TO_BURST, TOO_MANY_SCENARIOS */
  start(spec: ScenarioSpec): ScenarioProgress {
    if ([...this.#runs.values()].filter((run) => run.status === 'running').length >= RUNNING_LIMIT) {
      throw new SimulatorError('TOO_MANY_SCENARIOS', `${RUNNING_LIMIT} scenarios are running`)
    }
    const steps = spec.steps
      .map((step) => ({ ...step, targets: this.#select(step.panels ?? step.panel ?? []) }))
      .sort((a, b) => a.atMs - b.atMs)
    const lanes = spec.burst === undefined ? [] : this.#lanes(spec.burst)
    const perRepeat = steps.reduce((sum, step) => sum + step.targets.length, 0)
    const now = this.#time.wallMs()
    const run: Run = {
      id: `s${++this.#count}`,
      spec,
      status: 'running',
      startedMs: now,
      endedMs: undefined,
      done: 0,
      total: perRepeat * spec.repeat + (spec.burst?.count ?? 0),
      alarms: 0,
      failed: 0,
      errors: [],
      firstSeq: this.#ledger.nextSeq,
      lastSeq: this.#ledger.nextSeq - 1,
      open: (steps.length > 0 ? 1 : 0) + (spec.burst === undefined ? 0 : 1),
      timers: new Set(),
    }
    this.#runs.set(run.id, run)
    this.#forgetOld()
    if (steps.length > 0) this.#runSteps(run, steps, 1)
    if (spec.burst !== undefined) this.#runBurst(run, spec.burst, lanes)
    return this.progress(run.id)
  }

  /** @throws SimulatorError SCENARIO_NOT_FOUND */
  progress(id: string): ScenarioProgress {
    const run = this.#run(id)
    const { spec, status, done, total, alarms, failed, errors, firstSeq, lastSeq } = run
    return {
      id,
      name: spec.name,
      status,
      startedAt: new Date(run.startedMs).toISOString(),
      endedAt: run.endedMs === undefined ? null : new Date(run.endedMs).toISOString(),
      done,
      total,
      alarms,
      failed,
      errors: [...errors],
      firstSeq,
      lastSeq,
    }
  }

  /** Newest first. */
  list(): ScenarioProgress[] {
    return [...this.#runs.keys()].reverse().map((id) => this.progress(id))
  }

  stop(id: string): ScenarioProgress {
    this.#end(this.#run(id), 'stopped')
    return this.progress(id)
  }

  close(): void {
    for (const run of this.#runs.values()) this.#end(run, 'stopped')
  }

  #run(id: string): Run {
    const run = this.#runs.get(id)
    if (run === undefined) throw new SimulatorError('SCENARIO_NOT_FOUND', `there is no scenario ${id}`)
    return run
  }

  #forgetOld(): void {
    for (const [id, run] of this.#runs) {
      if (this.#runs.size <= KEPT_LIMIT) return
      if (run.status !== 'running') this.#runs.delete(id)
    }
  }

  #select(selector: PanelSelector): SimulatedPanel[] {
    const panels = this.#panels()
    const wanted = Array.isArray(selector) ? selector : [selector]
    const chosen = new Set<SimulatedPanel>()
    for (const pattern of wanted) {
      const start = pattern.endsWith('*') ? pattern.slice(0, -1) : undefined
      const found = panels.filter(({ id }) => (start === undefined ? id === pattern : id.startsWith(start)))
      if (found.length === 0) throw new SimulatorError('PANEL_NOT_FOUND', `no panel is called ${pattern}`)
      for (const panel of found) chosen.add(panel)
    }
    return [...chosen]
  }

  #after(run: Run, ms: number, task: () => void): void {
    const timer = this.#time.after(ms, () => {
      run.timers.delete(timer)
      if (run.status === 'running') task()
    })
    run.timers.add(timer)
  }

  #runSteps(
    run: Run,
    steps: readonly (ScenarioSpec['steps'][number] & { targets: SimulatedPanel[] })[],
    round: number,
  ): void {
    const startMs = this.#time.monotonicMs()
    const runFrom = (first: number): void => {
      let at = first
      while (at < steps.length && (steps[at]?.atMs ?? 0) <= this.#time.monotonicMs() - startMs + 0.5) {
        const step = steps[at++] as (typeof steps)[number]
        for (const panel of step.targets) {
          void panel.do(step).then(undefined, (error: unknown) => this.#failed(run, error))
          run.done++
        }
      }
      run.lastSeq = this.#ledger.nextSeq - 1
      const next = steps[at]
      if (next !== undefined) {
        this.#after(run, next.atMs - (this.#time.monotonicMs() - startMs), () => runFrom(at))
      } else if (round < run.spec.repeat) {
        const pause = Math.max(1, (run.spec.everyMs ?? 0) - (this.#time.monotonicMs() - startMs))
        this.#after(run, pause, () => this.#runSteps(run, steps, round + 1))
      } else this.#part(run)
    }
    this.#after(run, steps[0]?.atMs ?? 0, () => runFrom(0))
  }

  /** Zones that alarm at once, panel by panel. */
  #lanes(burst: Burst): BurstLane[] {
    const lanes = this.#select(burst.panels)
      .map(({ core }) => ({
        panel: core,
        zones: core.layout.zones.filter((zone) => burst.action === 'alarm' || alarmsAtOnce(zone.reaction)),
        next: 0,
      }))
      .filter((lane) => lane.zones.length > 0)
    if (lanes.length === 0) {
      throw new SimulatorError('NOTHING_TO_BURST', 'none of these panels has a zone that alarms at once')
    }
    return lanes
  }

  #runBurst(run: Run, burst: Burst, lanes: readonly BurstLane[]): void {
    const startMs = this.#time.monotonicMs()
    const zoneCount = lanes.reduce((sum, lane) => sum + lane.zones.length, 0)
    let lane = 0
    const finish = (): void => {
      if (burst.restoreAtEnd) for (const each of lanes) restoreLane(each)
      run.lastSeq = this.#ledger.nextSeq - 1
      this.#part(run)
    }
    const tick = (): void => {
      const share = burst.overMs === 0 ? 1 : (this.#time.monotonicMs() - startMs) / burst.overMs
      const due = Math.min(burst.count, Math.ceil(share * burst.count))
      let fruitless = 0
      while (run.alarms < due && fruitless < zoneCount) {
        const raised = raiseNext(lanes[lane++ % lanes.length] as BurstLane, burst.action)
        run.alarms += raised
        run.done += raised
        fruitless = raised === 0 ? fruitless + 1 : 0
      }
      run.lastSeq = this.#ledger.nextSeq - 1
      if (fruitless >= zoneCount) {
        this.#failed(run, new Error('every zone is bypassed, or the panels are in service mode'))
        finish()
      } else if (run.alarms < burst.count) this.#after(run, TICK_MS, tick)
      else finish()
    }
    this.#after(run, 0, () => {
      if (burst.action === 'violate') for (const each of lanes) armLane(each)
      tick()
    })
  }

  #failed(run: Run, error: unknown): void {
    run.failed++
    if (run.errors.length < ERROR_LIMIT) run.errors.push(error instanceof Error ? error.message : String(error))
  }

  #part(run: Run): void {
    run.open--
    if (run.open === 0) this.#end(run, 'done')
  }

  #end(run: Run, status: 'done' | 'stopped'): void {
    if (run.status !== 'running') return
    run.status = status
    run.endedMs = this.#time.wallMs()
    for (const timer of run.timers) timer.cancel()
    run.timers.clear()
  }
}

interface BurstLane {
  readonly panel: VirtualPanel
  readonly zones: readonly ZoneSpec[]
  next: number
}

function armLane({ panel, zones }: BurstLane): void {
  panel.transact(() => {
    const partitions = new Set(
      zones.filter((zone) => zoneBehaviour(zone.reaction).trigger === 'armed').map((zone) => zone.partition),
    )
    const user = panel.users.firstWith('arm')?.number ?? 0
    for (const partition of partitions) {
      if (!isArmed(panel, partition)) arm(panel, [partition], 0, { user }, { now: true, force: true })
    }
  })
}

/** One more alarm on a panel. @returns 1, or 0 where the zone was bypassed or the panel is in service mode */
function raiseNext(lane: BurstLane, action: Burst['action']): number {
  const { panel, zones } = lane
  const zone = zones[lane.next++ % zones.length] as ZoneSpec
  const before = panel.memory.nextOrdinal
  let raised = false
  panel.transact(() => {
    if (panel.state.has(COMMAND.zonesViolated, zone.number)) restoreZone(panel, zone)
    const restored = panel.memory.nextOrdinal
    // Without verification: a confirming record would be one alarm too many.
    if (action === 'violate') violateZone(panel, zone, false)
    else if (!panel.inServiceMode) {
      panel.state.set(COMMAND.zonesViolated, zone.number, true)
      raiseZoneAlarm(panel, zone, zoneBehaviour(zone.reaction), false)
    }
    raised = panel.memory.nextOrdinal > restored
  })
  return raised && panel.memory.nextOrdinal > before ? 1 : 0
}

function restoreLane({ panel, zones }: BurstLane): void {
  panel.transact(() => {
    for (const zone of zones) restoreZone(panel, zone)
  })
}
