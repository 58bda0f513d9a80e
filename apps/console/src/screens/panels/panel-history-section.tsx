import { PanelConnection, type PanelDetail, PartitionState } from '@stam/contracts'
import { panelConnectionText, partitionStateText } from '@stam/domain'
import type { ReactNode } from 'react'
import { usePanelHistory } from '../../data/panels.ts'
import { useTexts } from '../../texts/texts.tsx'
import { Section } from '../../ui/section.tsx'
import { Moment } from '../../ui/ticking.tsx'
import { useSettled } from '../../ui/use-settled.ts'

/** Who armed what and when, and when the link came and went: the newest twenty changes. */
export function PanelHistorySection({ detail }: { readonly detail: PanelDetail }): ReactNode {
  const { t, of } = useTexts()
  const { partitions, live, panel } = detail
  // Zones move all the time; the history is asked for when they have come to rest.
  const query = usePanelHistory(panel.id, useSettled(live.version, 3_000))
  const changes = query.data?.data ?? []
  const nameOf = (number: number | null): string =>
    number === null
      ? t('panel.link')
      : (partitions.find((partition) => partition.number === number)?.name ?? `${number}`)
  // A state this console does not know is shown as it was written.
  const wordOf = (state: string): string => {
    const partition = PartitionState.safeParse(state)
    if (partition.success) return of(partitionStateText[partition.data])
    const link = PanelConnection.safeParse(state)
    return link.success ? of(panelConnectionText[link.data]) : state
  }
  return (
    <Section title={t('panel.history')} testId="panel-history" flush>
      {changes.length === 0 ? (
        <p className="p-4 text-soft">
          {t(query.isError ? 'panel.history_failed' : query.isPending ? 'state.loading' : 'panel.no_history')}
        </p>
      ) : (
        <ul>
          {changes.map((change) => (
            <li
              key={change.id}
              className="flex min-h-9 flex-wrap items-center gap-x-4 border-b border-line px-4 py-1.5 last:border-b-0"
            >
              <Moment at={change.at} className="text-sm whitespace-nowrap text-soft" />
              <b className="font-medium">{nameOf(change.partition_no)}</b>
              <span>
                {change.from !== null && <span className="text-soft">{wordOf(change.from)} → </span>}
                {wordOf(change.to)}
              </span>
              {change.triggered_by !== null && <span className="ml-auto text-sm text-soft">{change.triggered_by}</span>}
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}
