import { expect, test } from 'vitest'
import { chime, sampleRate, siren, testTone } from './tones.ts'

const peak = (samples: Float32Array, from = 0, to = samples.length / sampleRate): number =>
  samples
    .slice(Math.round(from * sampleRate), Math.round(to * sampleRate))
    .reduce((most, value) => Math.max(most, Math.abs(value)), 0)

test('nothing clips, and every sound can be heard', () => {
  for (const samples of [siren(), chime(), testTone()]) {
    expect(peak(samples)).toBeLessThanOrEqual(1)
    expect(peak(samples)).toBeGreaterThan(0.3)
  }
})

test('the siren sounds for a second and a half and rests for one', () => {
  const samples = siren()
  expect(samples.length / sampleRate).toBeCloseTo(2.5, 3)
  expect(peak(samples, 0, 1.5)).toBeGreaterThan(0.5)
  expect(peak(samples, 1.5)).toBe(0)
})

test('no sound begins or ends with a click', () => {
  for (const samples of [siren(), chime(), testTone()]) {
    expect(Math.abs(samples[0] ?? 1)).toBeLessThan(0.02)
    expect(Math.abs(samples.at(-1) ?? 1)).toBeLessThan(0.02)
  }
})
