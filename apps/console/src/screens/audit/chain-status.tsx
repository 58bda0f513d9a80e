import type { AuditChain } from '@stam/contracts'
import { Link } from '@tanstack/react-router'
import { Link2, LoaderCircle, TriangleAlert, Unlink } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { useAuditChain } from '../../data/audit.ts'
import { useTexts } from '../../texts/texts.tsx'
import { Button } from '../../ui/button.tsx'
import { failureWords } from '../../ui/page-state.tsx'
import { failureOf } from '../../data/http.ts'
import { Sheet } from '../../ui/sheet.tsx'
import { Moment } from '../../ui/ticking.tsx'

/** Whether the record is what was written: always in sight, with what it rests on one press away. */
export function ChainStatus(): ReactNode {
  const { t } = useTexts()
  const query = useAuditChain()
  const [open, setOpen] = useState(false)
  const chain = query.data
  const state =
    chain === undefined ? (query.isError ? 'failed' : 'checking') : chain.problems.length > 0 ? 'broken' : 'whole'
  const looks = {
    checking: { Icon: LoaderCircle, look: 'border-line text-soft' },
    failed: { Icon: TriangleAlert, look: 'border-warning bg-warning-tint' },
    whole: { Icon: Link2, look: 'border-line text-soft hover:text-text' },
    broken: { Icon: Unlink, look: 'border-critical bg-critical text-on-critical font-semibold' },
  } as const
  const { Icon, look } = looks[state]
  return (
    <>
      <button
        type="button"
        data-testid="chain"
        data-state={state}
        onClick={() => setOpen(true)}
        className={`inline-flex min-h-8 items-center gap-2 rounded border px-3 text-sm max-md:min-h-11 ${look}`}
      >
        <Icon size={16} aria-hidden="true" className="shrink-0" />
        {t(`chain.${state}`)}
      </button>
      {open && (
        <Sheet isOpen onClose={() => setOpen(false)} title={t('chain.title')} width="lg" testId="chain-sheet">
          <div className="flex flex-col gap-4 overflow-y-auto p-5">
            <p className="max-w-[80ch] text-soft">{t('chain.what')}</p>
            {chain === undefined ? (
              <p role="status">
                {query.isError ? failureWords(failureOf(query.error), { t }).title : t('chain.checking')}
              </p>
            ) : (
              <Verdict chain={chain} onLeave={() => setOpen(false)} />
            )}
            <div className="flex justify-end">
              <Button isDisabled={query.isFetching} onPress={() => void query.refetch()} testId="chain-again">
                {t(query.isFetching ? 'chain.checking' : 'chain.again')}
              </Button>
            </div>
          </div>
        </Sheet>
      )}
    </>
  )
}

function Verdict({ chain, onLeave }: { readonly chain: AuditChain; readonly onLeave: () => void }): ReactNode {
  const { t } = useTexts()
  return (
    <>
      <p>
        <b className="font-semibold">{t(chain.problems.length === 0 ? 'chain.whole' : 'chain.broken')}</b>{' '}
        {t('chain.entries', { count: chain.entries })} {t('chain.checked')} <Moment at={chain.checked_at} />.{' '}
        {chain.unsealed > 0 && t('chain.unsealed', { count: chain.unsealed })}
      </p>
      {chain.problems.length > 0 && (
        <ul className="rounded border border-critical bg-critical-tint" data-testid="chain-problems">
          {chain.problems.map((problem) => (
            <li
              key={problem.seq}
              className="flex flex-wrap items-center gap-x-4 gap-y-1 border-b border-line px-4 py-2 last:border-b-0"
            >
              <span className="flex-1">
                {t(`chain.${wordOf[problem.kind]}`, { seq: problem.seq, entry: problem.audit_id ?? '?' })}
              </span>
              {problem.audit_id !== null && (
                <Link
                  to="/admin/audit"
                  search={{ entry: problem.audit_id }}
                  onClick={onLeave}
                  className="text-action hover:underline"
                >
                  {t('chain.show')}
                </Link>
              )}
            </li>
          ))}
        </ul>
      )}
      {chain.problems.length > 0 && <p>{t('chain.advice')}</p>}
      <table className="w-full border-collapse text-sm">
        <caption className="mb-2 text-left text-soft">{t('chain.days')}</caption>
        <tbody>
          {chain.days.map(({ day, entries, last_hash }) => (
            <tr key={day} className="border-t border-line align-top">
              <th scope="row" className="py-1.5 pr-4 text-left font-normal whitespace-nowrap">
                {day}
              </th>
              <td className="py-1.5 pr-4 text-right whitespace-nowrap">{entries}</td>
              <td className="py-1.5 break-all text-soft">{last_hash}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  )
}

const wordOf = { changed: 'entry_changed', removed: 'entry_removed', 'seal-missing': 'seal_missing' } as const
