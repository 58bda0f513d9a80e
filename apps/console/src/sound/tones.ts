/** The three sounds, drawn sample by sample; no recording, no file. Mono, −1…1. */

export const sampleRate = 22_050

type Wave = (t: number) => number

function render(seconds: number, wave: Wave): Float32Array<ArrayBuffer> {
  const samples = new Float32Array(Math.round(seconds * sampleRate))
  for (let i = 0; i < samples.length; i += 1) samples[i] = wave(i / sampleRate)
  return samples
}

const sine = (hz: number, t: number): number => Math.sin(2 * Math.PI * hz * t)
/** A little of the third and fifth partial cuts through a noisy room without being harsh. */
const horn = (hz: number, t: number): number => 0.72 * sine(hz, t) + 0.2 * sine(hz * 3, t) + 0.08 * sine(hz * 5, t)
/** Rises and falls within 8 ms, so that nothing clicks. */
const edge = (t: number, length: number): number => Math.max(0, Math.min(1, t / 0.008, (length - t) / 0.008))

const stepSeconds = 0.25
const steps = 6

/** CRITICAL: high and low in turn for 1.5 s, then 1 s of silence; looped as one piece, so no timer can stall it. */
export const siren = (): Float32Array<ArrayBuffer> =>
  render(stepSeconds * steps + 1, (t) => {
    const step = Math.floor(t / stepSeconds)
    if (step >= steps) return 0
    const within = t - step * stepSeconds
    return 0.9 * horn(step % 2 === 0 ? 988 : 740, t) * edge(within, stepSeconds)
  })

/** WARNING: one soft bell. */
export const chime = (): Float32Array<ArrayBuffer> =>
  render(
    1.4,
    (t) => 0.7 * edge(t, 1.4) * (0.65 * sine(659, t) * Math.exp(-t * 3.2) + 0.35 * sine(1318, t) * Math.exp(-t * 6)),
  )

/** Start of a shift: three rising notes, unlike any alarm. */
export const testTone = (): Float32Array<ArrayBuffer> =>
  render(0.9, (t) => {
    const note = Math.min(2, Math.floor(t / 0.3))
    return 0.6 * sine([523, 659, 784][note] ?? 784, t) * edge(t - note * 0.3, 0.3)
  })
