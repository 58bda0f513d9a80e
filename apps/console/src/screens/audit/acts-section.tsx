import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useActsOf } from '../../data/audit.ts'
import { useTexts } from '../../texts/texts.tsx'
import { Failed, Loading, SkeletonRows } from '../../ui/page-state.tsx'
import { Section } from '../../ui/section.tsx'
import { Moment } from '../../ui/ticking.tsx'
import { wordsOfAction } from './audit-words.ts'

/** What somebody did lately, each line leading to its entry. */
export function ActsSection({ userId }: { readonly userId: string }): ReactNode {
  const { t, of } = useTexts()
  const query = useActsOf(userId, true)
  return (
    <Section
      title={t('person.acts')}
      testId="person-acts"
      flush
      aside={
        <Link
          to="/admin/audit"
          search={{ actor_id: userId, range: 'all' }}
          className="text-sm text-action hover:underline"
        >
          {t('person.all_acts')}
        </Link>
      }
    >
      {query.data === undefined ? (
        query.isError ? (
          <Failed error={query.error} onRetry={() => void query.refetch()} />
        ) : (
          <Loading onRetry={() => void query.refetch()}>
            <SkeletonRows rows={4} height={40} />
          </Loading>
        )
      ) : query.data.length === 0 ? (
        <p className="px-4 py-3 text-soft">{t('person.no_acts')}</p>
      ) : (
        <ul>
          {query.data.map((entry) => (
            <li key={entry.id} className="border-b border-line last:border-b-0">
              <Link
                to="/admin/audit"
                search={{ entry: entry.id }}
                className="flex min-h-10 items-center justify-between gap-4 px-4 py-1 hover:bg-hover focus-visible:outline-offset-[-2px] max-md:min-h-11"
              >
                <span className="min-w-0 truncate">{of(wordsOfAction(entry.action))}</span>
                <Moment at={entry.at} className="shrink-0 text-sm text-soft" />
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}
