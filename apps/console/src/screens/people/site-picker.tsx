import { X } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { searchSites } from '../../data/sites.ts'
import { useTexts } from '../../texts/texts.tsx'
import { IconButton } from '../../ui/button.tsx'
import { SearchChoice } from '../../ui/search-choice.tsx'

interface Named {
  readonly id: string
  readonly name: string
  readonly code: string
}

interface Props {
  readonly value: readonly string[]
  readonly onChange: (ids: readonly string[]) => void
  readonly isDisabled: boolean
  /** Saved already; the others are marked as new. */
  readonly saved?: readonly string[]
  /** What the saved ones are called; those chosen here are known from the choice. */
  readonly names?: readonly Named[]
}

/** The sites somebody may see: found by typing, added and taken away one by one. */
export function SitePicker({ value, onChange, isDisabled, saved = value, names = [] }: Props): ReactNode {
  const { t } = useTexts()
  const [picked, setPicked] = useState<readonly Named[]>([])
  const found = new Map([...names, ...picked].map((site) => [site.id, site]))
  const search = async (text: string, signal: AbortSignal) => {
    const sites = await searchSites(text, signal)
    setPicked((before) => [...before.filter(({ id }) => value.includes(id)), ...sites])
    return sites
      .filter(({ id }) => !value.includes(id))
      .map(({ id, name, code, city }) => ({ id, label: name, aside: [code, city].filter(Boolean).join(' · ') }))
  }
  return (
    <div data-testid="site-picker">
      <div className="p-4">
        <SearchChoice
          label={t('person.add_site')}
          placeholder={t('person.find_site')}
          search={search}
          onChoose={({ id }) => onChange([...value, id])}
          isDisabled={isDisabled}
          testId="site-add"
        />
      </div>
      {value.length === 0 ? (
        <p className="border-t border-line px-4 py-3 text-soft" data-testid="no-sites">
          {t('person.no_sites')}
        </p>
      ) : (
        <ul className="max-h-[420px] overflow-y-auto border-t border-line">
          {value.map((id) => {
            const site = found.get(id)
            const label = site?.name ?? '…'
            return (
              <li
                key={id}
                data-testid="assigned-site"
                className="flex min-h-11 items-center gap-3 border-b border-line py-1 pr-2 pl-4 last:border-b-0"
              >
                <span className="min-w-0 flex-1 truncate">
                  {label} <span className="text-sm text-soft">{site?.code}</span>
                </span>
                {!saved.includes(id) && <span className="text-sm text-soft">{t('person.site_new')}</span>}
                <IconButton
                  label={t('person.remove_site', { name: label })}
                  isDisabled={isDisabled}
                  onPress={() => onChange(value.filter((one) => one !== id))}
                  testId="site-remove"
                >
                  <X size={16} aria-hidden="true" />
                </IconButton>
              </li>
            )
          })}
        </ul>
      )}
    </div>
  )
}
