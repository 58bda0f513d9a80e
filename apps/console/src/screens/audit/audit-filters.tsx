import { SlidersHorizontal, X } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { searchPeople, usePerson } from '../../data/people.ts'
import { searchSites, useSite } from '../../data/sites.ts'
import { useTexts } from '../../texts/texts.tsx'
import { Button } from '../../ui/button.tsx'
import { Choice } from '../../ui/choice.tsx'
import { DateTimeField } from '../../ui/date-time-field.tsx'
import { SearchChoice } from '../../ui/search-choice.tsx'
import { useLayout } from '../../ui/use-layout.ts'
import { type AuditFilter, type AuditRange, auditRanges, narrowings, rangeOf } from './audit-filter.ts'
import { actionText, entityText, wordsOfEntity } from './audit-words.ts'

interface Props {
  readonly filter: AuditFilter
  readonly onNarrow: (change: Partial<AuditFilter>) => void
  readonly onClear: () => void
  /** Beside the button that opens them, on a phone. */
  readonly beside: ReactNode
}

/** When, what, who, about what and where. On a phone they open on demand. */
export function AuditFilters({ filter, onNarrow, onClear, beside }: Props): ReactNode {
  const { t } = useTexts()
  const phone = useLayout() === 'phone'
  const [open, setOpen] = useState(false)
  const count = narrowings(filter)
  const clear = (
    <Button tone="quiet" isDisabled={count === 0 && filter.range === undefined} onPress={onClear} testId="audit-clear">
      {t('audit.clear')}
    </Button>
  )
  return (
    <div className="border-b border-line bg-surface px-4 py-3 max-md:px-3 max-md:py-2" data-testid="audit-filters">
      {phone && (
        <div className="flex gap-2">
          <Button className="flex-1" onPress={() => setOpen(!open)} aria-expanded={open} testId="audit-filters-open">
            <SlidersHorizontal size={16} aria-hidden="true" />
            {t('audit.filters', { count })}
          </Button>
          {beside}
        </div>
      )}
      {(!phone || open) && (
        <div className="grid grid-cols-[180px_minmax(200px,1fr)_minmax(200px,1fr)_180px_minmax(200px,1fr)_auto] items-end gap-3 max-xl:grid-cols-3 max-md:mt-3 max-md:grid-cols-1">
          <What filter={filter} onNarrow={onNarrow} />
          <Who filter={filter} onNarrow={onNarrow} />
          <Where filter={filter} onNarrow={onNarrow} />
          {!phone && clear}
        </div>
      )}
      {(!phone || open) && rangeOf(filter) === 'between' && <Between filter={filter} onNarrow={onNarrow} />}
      {phone && open && <div className="mt-3 grid">{clear}</div>}
      <One filter={filter} onNarrow={onNarrow} />
    </div>
  )
}

type PartProps = Omit<Props, 'onClear' | 'beside'>
const any = 'any'

function What({ filter, onNarrow }: PartProps): ReactNode {
  const { t, of, language } = useTexts()
  const actions = Object.entries(actionText)
    .map(([value, text]) => ({ value, label: of(text) }))
    .toSorted((one, other) => one.label.localeCompare(other.label, language))
  const known = filter.action === undefined || filter.action in actionText
  return (
    <>
      <Choice<AuditRange>
        label={t('audit.when')}
        testId="audit-range"
        value={rangeOf(filter)}
        onChange={(range) => onNarrow({ range })}
        options={auditRanges.map((range) => ({ value: range, label: t(`audit.range_${range}`) }))}
      />
      <Choice<string>
        label={t('audit.what')}
        testId="audit-action"
        value={filter.action ?? any}
        onChange={(action) => onNarrow({ action: action === any ? undefined : action })}
        options={[
          { value: any, label: t('audit.any_action') },
          ...(known || filter.action === undefined ? [] : [{ value: filter.action, label: filter.action }]),
          ...actions,
        ]}
      />
    </>
  )
}

function Who({ filter, onNarrow }: PartProps): ReactNode {
  const { t, of } = useTexts()
  const actor = usePerson(filter.actor_id ?? null)
  const type = filter.entity_type
  return (
    <>
      <SearchChoice
        label={t('audit.who')}
        placeholder={t('audit.anybody')}
        testId="audit-actor"
        chosen={filter.actor_id === undefined ? null : (actor.data?.name ?? '…')}
        onClear={() => onNarrow({ actor_id: undefined })}
        onChoose={({ id }) => onNarrow({ actor_id: id })}
        search={async (text, signal) =>
          (await searchPeople(text, signal)).map(({ id, name, email }) => ({ id, label: name, aside: email }))
        }
      />
      <Choice<string>
        label={t('audit.about')}
        testId="audit-entity"
        value={type ?? any}
        // An identifier belongs to its kind of thing.
        onChange={(next) => onNarrow({ entity_type: next === any ? undefined : next, entity_id: undefined })}
        options={[
          { value: any, label: t('audit.anything') },
          ...(type === undefined || type in entityText ? [] : [{ value: type, label: type }]),
          ...Object.keys(entityText).map((value) => ({ value, label: of(wordsOfEntity(value)) })),
        ]}
      />
    </>
  )
}

function Where({ filter, onNarrow }: PartProps): ReactNode {
  const { t } = useTexts()
  return (
    <SearchChoice
      label={t('audit.site')}
      placeholder={t('audit.anywhere')}
      testId="audit-site"
      chosen={filter.site_id === undefined ? null : <SiteName id={filter.site_id} />}
      onClear={() => onNarrow({ site_id: undefined })}
      onChoose={({ id }) => onNarrow({ site_id: id })}
      search={async (text, signal) =>
        (await searchSites(text, signal)).map(({ id, name, city }) => ({ id, label: name, aside: city }))
      }
    />
  )
}

function SiteName({ id }: { readonly id: string }): ReactNode {
  return useSite(id).data?.site.name ?? '…'
}

/** Local time of the centre, whatever the workstation thinks. */
function Between({ filter, onNarrow }: PartProps): ReactNode {
  const { t } = useTexts()
  return (
    <div className="mt-3 flex flex-wrap gap-3">
      {(['from', 'to'] as const).map((end) => (
        <DateTimeField
          key={end}
          label={t(`audit.${end}`)}
          testId={`audit-${end}`}
          value={filter[end]}
          onChange={(value) => onNarrow({ [end]: value })}
        />
      ))}
    </div>
  )
}

/** Narrowed to one thing by a link: said in a chip that takes it back. */
function One({ filter, onNarrow }: PartProps): ReactNode {
  const { t, of } = useTexts()
  const chips = [
    filter.entity_id !== undefined && {
      label: t('audit.only_about', { what: of(wordsOfEntity(filter.entity_type ?? '')), id: filter.entity_id }),
      clear: { entity_id: undefined },
    },
    filter.request_id !== undefined && {
      label: t('audit.only_request', { id: filter.request_id }),
      clear: { request_id: undefined },
    },
    filter.entry !== undefined && { label: t('audit.only_entry', { id: filter.entry }), clear: { entry: undefined } },
  ].filter((chip) => chip !== false)
  if (chips.length === 0) return null
  return (
    <div className="mt-3 flex flex-wrap gap-2">
      {chips.map(({ label, clear }) => (
        <button
          key={label}
          type="button"
          data-testid="audit-only"
          onClick={() => onNarrow(clear)}
          className="inline-flex min-h-8 max-w-full items-center gap-2 rounded border border-action bg-action-tint px-3 py-1 text-left text-sm max-md:min-h-11"
        >
          <span className="min-w-0 break-all">{label}</span>
          <X size={14} aria-hidden="true" className="shrink-0" />
          <span className="sr-only">{t('audit.clear_one')}</span>
        </button>
      ))}
    </div>
  )
}
