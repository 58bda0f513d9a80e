/** Web Audio behind four words: start, siren, chime, test. Says honestly whether it can be heard. */
import { chime, sampleRate, siren, testTone } from './tones.ts'

export type AudioState = 'unknown' | 'running' | 'blocked' | 'missing'

export interface Loudspeaker {
  state(): AudioState
  /** Tries to get going; must be called from a click or key where the browser insists. */
  wake(): Promise<void>
  setVolume(volume: number): void
  setSiren(on: boolean): void
  chime(): void
  test(): void
  close(): void
}

export function createLoudspeaker(onState: (state: AudioState) => void): Loudspeaker {
  const Context = globalThis.AudioContext as typeof AudioContext | undefined
  if (Context === undefined) {
    onState('missing')
    const nothing = (): void => undefined
    return {
      state: () => 'missing',
      wake: async () => undefined,
      setVolume: nothing,
      setSiren: nothing,
      chime: nothing,
      test: nothing,
      close: nothing,
    }
  }
  const context = new Context({ latencyHint: 'interactive' })
  const gain = context.createGain()
  gain.connect(context.destination)
  const buffers = new Map<string, AudioBuffer>()
  let sirenSource: AudioBufferSourceNode | null = null

  const state = (): AudioState => (context.state === 'running' ? 'running' : 'blocked')
  context.onstatechange = () => onState(state())
  // A context that may start does so within a moment; one that may not stays as it is.
  setTimeout(() => onState(state()), 300)

  const source = (name: string, make: () => Float32Array<ArrayBuffer>): AudioBufferSourceNode => {
    let buffer = buffers.get(name)
    if (buffer === undefined) {
      const samples = make()
      buffer = context.createBuffer(1, samples.length, sampleRate)
      buffer.copyToChannel(samples, 0)
      buffers.set(name, buffer)
    }
    const node = context.createBufferSource()
    node.buffer = buffer
    node.connect(gain)
    return node
  }

  return {
    state,
    async wake() {
      // Unanswered until the browser agrees; the state change tells.
      void context.resume().catch(() => undefined)
    },
    setVolume(volume) {
      // Loudness is felt on a square: half the slider should sound like half.
      gain.gain.setTargetAtTime(volume * volume, context.currentTime, 0.02)
    },
    setSiren(on) {
      if (on === (sirenSource !== null)) return
      if (!on) {
        sirenSource?.stop()
        sirenSource = null
        return
      }
      sirenSource = source('siren', siren)
      sirenSource.loop = true
      sirenSource.start()
    },
    chime: () => source('chime', chime).start(),
    test: () => source('test', testTone).start(),
    close: () => void context.close().catch(() => undefined),
  }
}
