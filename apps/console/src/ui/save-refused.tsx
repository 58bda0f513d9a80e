import type { ReactNode } from 'react'
import type { Failure } from '../data/http.ts'
import { serverNow } from '../data/server-clock.ts'
import { useTexts } from '../texts/texts.tsx'
import { moment } from '../texts/time.ts'
import { Button } from './button.tsx'
import { failureWords } from './page-state.tsx'

/** Why a form was not saved: somebody else saved first, or the server would not have it. */
export type SaveRefusal =
  | { readonly conflict: { readonly changedBy: string | null; readonly changedAt: string | null } }
  | { readonly failure: Failure }

interface SaveRefusedProps {
  readonly refusal: SaveRefusal
  /** Names the parts for tests: `panel` gives `panel-conflict`, `panel-conflict-theirs`, `panel-conflict-mine`. */
  readonly what: string
  /** The refusal this form has words of its own for. */
  readonly known?: { readonly code: string; readonly text: string }
  readonly onSettle: (keepMine: boolean) => void
}

/** In the footer of a form; what was typed stays where it is. */
export function SaveRefused({ refusal, what, known, onSettle }: SaveRefusedProps): ReactNode {
  const texts = useTexts()
  const { t, language } = texts
  if ('failure' in refusal) {
    const isKnown = known !== undefined && refusal.failure.kind === 'refused' && refusal.failure.code === known.code
    const words = failureWords(refusal.failure, texts)
    return (
      <p role="alert" className="mr-auto min-w-0 flex-1 rounded border border-critical bg-critical-tint px-3 py-2">
        <b className="font-semibold">{isKnown ? known.text : words.title}</b> {isKnown ? '' : words.body}
      </p>
    )
  }
  const { changedBy, changedAt } = refusal.conflict
  const when = changedAt === null ? '' : moment(Date.parse(changedAt), serverNow(), language)
  return (
    <div className="mr-auto min-w-0 flex-1">
      <ConflictNotice what={what} onSettle={onSettle}>
        <b className="font-semibold">{t('conflict.changed', { name: changedBy ?? t('conflict.somebody'), when })}</b>
      </ConflictNotice>
    </div>
  )
}

interface ConflictNoticeProps {
  readonly what: string
  /** Who changed what. */
  readonly children: ReactNode
  readonly onSettle: (keepMine: boolean) => void
}

/** Somebody else saved first: what happened, and what shall become of what was typed here. */
export function ConflictNotice({ what, children, onSettle }: ConflictNoticeProps): ReactNode {
  const { t } = useTexts()
  return (
    <div
      role="alert"
      data-testid={`${what}-conflict`}
      className="flex flex-wrap items-center gap-3 rounded border border-warning bg-warning-tint px-3 py-2"
    >
      <p className="min-w-[200px] flex-1">
        {children} {t('conflict.kept')}
      </p>
      <Button size="sm" onPress={() => onSettle(false)} testId={`${what}-conflict-theirs`}>
        {t('conflict.theirs')}
      </Button>
      <Button size="sm" onPress={() => onSettle(true)} testId={`${what}-conflict-mine`}>
        {t('conflict.mine')}
      </Button>
    </div>
  )
}
