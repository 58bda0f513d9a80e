import type { ReactNode } from 'react'
import { Switch } from 'react-aria-components/Switch'
import { prefer, usePreference } from '../data/preferences.ts'
import { printedKey, type Shortcut, type ShortcutScope, shortcutScopes, shortcuts } from '../keyboard/shortcuts.ts'
import { type MessageKey, useTexts } from '../texts/texts.tsx'
import { Sheet } from '../ui/sheet.tsx'
import { showHelp } from './overlays.ts'

const titles: Record<ShortcutScope, MessageKey> = {
  everywhere: 'keys.everywhere',
  queue: 'keys.queue',
  alarm: 'keys.alarm',
}

/** `?`: every key there is, from the same table the keyboard listens to. */
export function KeysHelp(): ReactNode {
  const { t } = useTexts()
  const singleKeys = usePreference('singleKeys')
  const all: readonly Shortcut[] = Object.values(shortcuts)
  return (
    <Sheet title={t('keys.title')} isOpen onClose={() => showHelp(false)} width="lg" testId="keys-help">
      <div className="overflow-y-auto p-5">
        <div className="grid gap-x-10 gap-y-6 md:grid-cols-3">
          {shortcutScopes.map((scope) => (
            <section key={scope} aria-label={t(titles[scope])}>
              <h3 className="mb-2 text-sm font-semibold text-soft">{t(titles[scope])}</h3>
              <dl className="grid grid-cols-[1fr_auto] gap-x-4 gap-y-1.5">
                {all
                  .filter((shortcut) => shortcut.scope === scope)
                  .map((shortcut) => (
                    <div key={shortcut.label} className="contents">
                      <dt>{t(shortcut.label)}</dt>
                      <dd className="flex gap-1 justify-self-end">
                        {shortcut.keys.map((keys) => (
                          <kbd key={keys} className="rounded-sm border border-line bg-surface px-1.5 font-sans text-sm">
                            {printedKey(keys)}
                          </kbd>
                        ))}
                      </dd>
                    </div>
                  ))}
              </dl>
            </section>
          ))}
        </div>
        <Switch
          isSelected={singleKeys}
          onChange={(on) => prefer({ singleKeys: on })}
          className="group mt-6 flex min-h-11 cursor-pointer items-center gap-3 border-t border-line pt-4"
        >
          <span className="flex h-6 w-11 shrink-0 items-center rounded-full border border-faint bg-ground p-0.5 transition-colors group-data-[selected]:border-action group-data-[selected]:bg-action">
            <span className="size-4.5 rounded-full bg-soft transition-transform group-data-[selected]:translate-x-[19px] group-data-[selected]:bg-on-action" />
          </span>
          <span>
            {t('keys.single')}
            <span className="block text-sm text-soft">{t('keys.single_hint')}</span>
          </span>
        </Switch>
      </div>
    </Sheet>
  )
}
