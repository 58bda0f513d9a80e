import { EyeOff, RotateCcw, Trash2 } from 'lucide-react'
import type { ReactNode } from 'react'
import { type DeadLetterAct, type DeadLetterDetail, useDeadLetter } from '../../data/dead-letters.ts'
import { useTexts } from '../../texts/texts.tsx'
import { Button } from '../../ui/button.tsx'
import { Failed, Loading, SkeletonRows } from '../../ui/page-state.tsx'
import { Facts } from '../../ui/section.tsx'
import { Sheet } from '../../ui/sheet.tsx'
import { Moment } from '../../ui/ticking.tsx'

interface Props {
  readonly id: string
  readonly canAct: boolean
  readonly onClose: () => void
  readonly onAct: (act: DeadLetterAct) => void
}

/** One message with its content, as far as it may be seen. */
export function LetterSheet({ id, canAct, onClose, onAct }: Props): ReactNode {
  const { t } = useTexts()
  const query = useDeadLetter(id)
  return (
    <Sheet isOpen onClose={onClose} title={t('dead.one')} width="lg" testId="dead-letter">
      <div className="flex min-h-0 flex-1 flex-col gap-4 overflow-y-auto p-5">
        {query.data !== undefined ? (
          <Content detail={query.data} />
        ) : query.isError ? (
          <Failed error={query.error} onRetry={() => void query.refetch()} />
        ) : (
          <Loading onRetry={() => void query.refetch()}>
            <SkeletonRows rows={4} />
          </Loading>
        )}
      </div>
      {query.data !== undefined && (
        <div className="flex flex-wrap justify-end gap-2 border-t border-line p-4">
          <Button isDisabled={!canAct} onPress={() => onAct('discard')} testId="dead-one-discard">
            <Trash2 size={16} aria-hidden="true" />
            {t('dead.discard')}
          </Button>
          <Button
            tone="primary"
            isDisabled={!canAct || query.data.letter.queue === null}
            onPress={() => onAct('replay')}
            testId="dead-one-replay"
          >
            <RotateCcw size={16} aria-hidden="true" />
            {t('dead.replay')}
          </Button>
        </div>
      )}
    </Sheet>
  )
}

function Content({ detail: { letter, payload, hidden, readable } }: { readonly detail: DeadLetterDetail }): ReactNode {
  const { t } = useTexts()
  return (
    <>
      <p className="text-lg font-medium break-words">{letter.reason}</p>
      <Facts
        rows={[
          [t('dead.died'), letter.died_at === null ? '—' : <Moment key="at" at={letter.died_at} />],
          [t('dead.queue'), letter.queue ?? t('dead.no_queue')],
          [t('dead.topic'), letter.topic ?? '—'],
          [t('dead.kind'), letter.kind ?? t('dead.unknown_kind')],
          [t('dead.sender'), letter.sender ?? '—'],
          [t('dead.message_id'), letter.message_id ?? '—'],
          [t('dead.request_id'), letter.request_id ?? '—'],
          [
            t('dead.headers'),
            Object.entries(letter.headers)
              .map(([name, value]) => `${name}=${value}`)
              .join(', ') || '—',
          ],
          [t('dead.size'), t('dead.bytes', { count: letter.size })],
        ]}
      />
      <div>
        <h3 className="mb-1 text-sm font-semibold text-soft">{t('dead.content')}</h3>
        {!readable && <p className="mb-2">{t(payload === null ? 'dead.unreadable_hidden' : 'dead.unreadable')}</p>}
        {payload !== null && (
          <pre
            tabIndex={0}
            data-testid="dead-payload"
            className="max-h-96 overflow-auto rounded border border-line bg-ground p-3 text-sm break-all whitespace-pre-wrap"
          >
            {typeof payload === 'string' ? payload : JSON.stringify(payload, null, 2)}
          </pre>
        )}
        {hidden.length > 0 && (
          <p className="mt-2 flex items-center gap-2 text-sm text-soft">
            <EyeOff size={16} aria-hidden="true" className="shrink-0" />
            {t('dead.hidden', { fields: hidden.join(', ') })}
          </p>
        )}
      </div>
    </>
  )
}
