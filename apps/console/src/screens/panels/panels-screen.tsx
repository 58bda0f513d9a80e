import type { PanelListItem } from '@stam/contracts'
import { Link } from '@tanstack/react-router'
import { Cpu, Search } from 'lucide-react'
import { type ReactNode, useMemo, useRef, useState } from 'react'
import { usePanels } from '../../data/panels.ts'
import { searchable } from '../../data/queue-view.ts'
import { useShortcut } from '../../keyboard/keyboard.ts'
import { useTexts } from '../../texts/texts.tsx'
import { Field } from '../../ui/field.tsx'
import { Page } from '../../ui/page.tsx'
import { Empty, Failed, Loading, SkeletonRows } from '../../ui/page-state.tsx'
import { ConnectionMark, LiveAge } from './panel-parts.tsx'

/** Every panel with its link; what is not connected comes first. */
export function PanelsScreen(): ReactNode {
  const { t } = useTexts()
  const [text, setText] = useState('')
  const search = useRef<HTMLInputElement>(null)
  useShortcut('search', () => search.current?.focus())
  const query = usePanels('')
  const panels = useMemo(() => {
    const word = searchable(text)
    const found = (query.data?.data ?? []).filter((item) =>
      searchable(`${item.site_name} ${item.panel.name} ${item.panel.model ?? ''} ${item.panel.host}`).includes(word),
    )
    return found.sort((a, b) => urgency(a) - urgency(b) || a.site_name.localeCompare(b.site_name, 'pl'))
  }, [query.data, text])
  return (
    <Page
      title={t('panels.title')}
      aside={
        <Field
          inputRef={search}
          hideLabel
          label={t('panels.search')}
          placeholder={t('panels.search')}
          value={text}
          onChange={setText}
          lead={<Search size={16} />}
          className="w-72 max-md:w-full"
        />
      }
    >
      {query.data === undefined ? (
        query.isError ? (
          <Failed error={query.error} onRetry={() => void query.refetch()} />
        ) : (
          <Loading onRetry={() => void query.refetch()}>
            <SkeletonRows rows={12} />
          </Loading>
        )
      ) : panels.length === 0 ? (
        <Empty
          icon={<Cpu size={28} strokeWidth={1.5} />}
          title={t(text === '' ? 'panels.empty' : 'panels.nothing_found')}
          body={t(text === '' ? 'panels.empty_body' : 'state.nothing_found_body')}
        />
      ) : (
        <ul data-testid="panel-list">
          {panels.map((item) => (
            <PanelRow key={item.panel.id} item={item} />
          ))}
        </ul>
      )}
    </Page>
  )
}

const urgency = ({ live, panel }: PanelListItem): number =>
  !panel.enabled
    ? 3
    : live.connection === 'CONNECTED'
      ? 2
      : live.connection === 'BUSY' || live.connection === 'RELEASED'
        ? 1
        : 0

function PanelRow({ item }: { readonly item: PanelListItem }): ReactNode {
  const { t } = useTexts()
  const { panel, live, site_name } = item
  return (
    <li className="border-b border-line bg-surface" data-testid="panel-row" data-panel-id={panel.id}>
      <Link
        to="/panels/$panelId"
        params={{ panelId: panel.id }}
        className="grid min-h-[52px] grid-cols-[minmax(0,1fr)_170px_260px_190px] items-center gap-x-6 px-4 hover:bg-hover max-lg:grid-cols-[minmax(0,1fr)_auto] max-md:gap-y-1 max-md:py-2"
      >
        <span className="min-w-0">
          <b className="block truncate text-lg font-medium">{site_name}</b>
          <span className="block truncate text-sm text-soft">
            {panel.name} · {panel.host}:{panel.port}
          </span>
        </span>
        <span className="truncate text-soft max-lg:hidden">{panel.model ?? t('panel.not_known')}</span>
        <span className="max-md:justify-self-end">
          {panel.enabled ? (
            <ConnectionMark live={live} />
          ) : (
            <span className="text-sm text-soft">{t('panel.disabled')}</span>
          )}
        </span>
        <span className="text-right max-lg:hidden">
          <LiveAge live={live} />
        </span>
      </Link>
    </li>
  )
}
