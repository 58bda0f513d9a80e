import { COMMAND } from '@stam/integra/codec'
import { opensDoor, outputControl } from './output-functions.ts'
import type { VirtualPanel } from './virtual-panel.ts'

/** Commands 0x88, 0x89, 0x91: only controllable functions react; a MONO output falls back by itself. */
export function switchOutputs(panel: VirtualPanel, numbers: readonly number[], move: 'on' | 'off' | 'toggle'): void {
  for (const number of numbers) {
    const output = panel.layout.output(number)
    const control = output === undefined ? undefined : outputControl(output.function)
    if (output === undefined || control === undefined) continue
    const on = move === 'toggle' ? !panel.state.has(COMMAND.outputsOn, number) : move === 'on'
    pulse(panel, number, on, control === 'mono' ? output.durationMs : undefined)
  }
}

/** Command 0x8A on outputs of function 101. */
export function openOutputDoors(panel: VirtualPanel, numbers: readonly number[]): void {
  for (const number of numbers) {
    const output = panel.layout.output(number)
    if (output === undefined || !opensDoor(output.function)) continue
    panel.record({ code: 73, object: number })
    pulse(panel, number, true, output.durationMs)
  }
}

function pulse(panel: VirtualPanel, number: number, on: boolean, durationMs: number | undefined): void {
  const timer = `output:${number}`
  panel.state.set(COMMAND.outputsOn, number, on)
  if (!on) panel.cancelTimer(timer)
  else if (durationMs !== undefined) {
    panel.timer(timer, durationMs, () => {
      panel.state.set(COMMAND.outputsOn, number, false)
    })
  }
}

/** After a restart of the simulator: pulses that were running are over. */
export function endPulses(panel: VirtualPanel): void {
  for (const output of panel.layout.outputs) {
    if (outputControl(output.function) === 'mono') panel.state.set(COMMAND.outputsOn, output.number, false)
  }
}
