import { Volume2 } from 'lucide-react'
import type { ReactNode } from 'react'
import { prefer, usePreference } from '../data/preferences.ts'
import { useTexts } from '../texts/texts.tsx'
import { playTestTone } from './alarm-sound.ts'

/** Never quite silent: silence is the mute's business, and the mute ends by itself. */
export function VolumeControl(): ReactNode {
  const { t } = useTexts()
  const volume = usePreference('volume')
  return (
    <div className="flex flex-col gap-2">
      <label className="flex flex-col gap-1 text-sm text-soft">
        {t('menu.volume', { percent: Math.round(volume * 100) })}
        <input
          type="range"
          data-testid="volume"
          min={10}
          max={100}
          step={5}
          value={Math.round(volume * 100)}
          onChange={(event) => prefer({ volume: Number(event.target.value) / 100 })}
          className="h-6 accent-action max-md:h-11"
        />
      </label>
      <button
        type="button"
        className="-mx-1 flex min-h-10 items-center gap-3 rounded-sm px-3 text-left hover:bg-hover max-md:min-h-11"
        data-testid="test-tone"
        onClick={playTestTone}
      >
        <Volume2 size={18} aria-hidden="true" className="text-soft" />
        {t('menu.test_tone')}
      </button>
    </div>
  )
}
