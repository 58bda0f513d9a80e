import type { ReactNode } from 'react'
import { type Preferences, prefer, usePreference } from '../../data/preferences.ts'
import { useTexts } from '../../texts/texts.tsx'
import { VolumeControl } from '../../sound/volume-control.tsx'
import { Section } from '../../ui/section.tsx'
import { Segments } from '../../ui/segments.tsx'

/** How this device looks and sounds; it stays on this device, whoever signs in. */
export function PreferencesSection(): ReactNode {
  const { t } = useTexts()
  const theme = usePreference('theme')
  const density = usePreference('density')
  const singleKeys = usePreference('singleKeys')
  return (
    <Section title={t('profile.this_device')} testId="profile-preferences">
      <div className="flex flex-col gap-5">
        <Segments<Preferences['theme']>
          label={t('profile.theme')}
          hideLabel={false}
          value={theme}
          testId="profile-theme"
          onChange={(next) => prefer({ theme: next })}
          options={[
            { value: 'dark', label: t('profile.dark') },
            { value: 'light', label: t('profile.light') },
          ]}
        />
        <Segments<Preferences['density']>
          label={t('profile.rows')}
          hideLabel={false}
          value={density}
          onChange={(next) => prefer({ density: next })}
          options={[
            { value: 'normal', label: t('queue.roomy') },
            { value: 'compact', label: t('queue.compact') },
          ]}
        />
        <Segments<'on' | 'off'>
          label={t('keys.single')}
          hideLabel={false}
          value={singleKeys ? 'on' : 'off'}
          onChange={(next) => prefer({ singleKeys: next === 'on' })}
          options={[
            { value: 'on', label: t('profile.on') },
            { value: 'off', label: t('profile.off') },
          ]}
        />
        <div className="max-w-[420px]">
          <VolumeControl />
        </div>
      </div>
    </Section>
  )
}
