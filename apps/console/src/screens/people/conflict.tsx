import type { UserDetail } from '@stam/contracts'
import { roleText } from '@stam/domain'
import type { ReactNode } from 'react'
import { useTexts } from '../../texts/texts.tsx'
import { Button } from '../../ui/button.tsx'

interface Props {
  readonly theirs: UserDetail
  readonly onSettle: (keepMine: boolean) => void
}

/** Somebody else saved first: how the account is now, and what shall become of what was typed here. */
export function Conflict({ theirs, onSettle }: Props): ReactNode {
  const { t, of } = useTexts()
  return (
    <div
      role="alert"
      data-testid="person-conflict"
      className="flex flex-wrap items-center gap-3 rounded border border-warning bg-warning-tint px-3 py-2"
    >
      <p className="min-w-[200px] flex-1">
        <b className="font-semibold">{t('person.conflict')}</b>{' '}
        {t('person.conflict_now', {
          name: theirs.name,
          role: of(roleText[theirs.role]),
          state: t(theirs.active ? 'person.active' : 'person.inactive'),
        })}{' '}
        {t('site.conflict_kept')}
      </p>
      <Button size="sm" onPress={() => onSettle(false)} testId="person-conflict-theirs">
        {t('site.conflict_theirs')}
      </Button>
      <Button size="sm" onPress={() => onSettle(true)} testId="person-conflict-mine">
        {t('site.conflict_mine')}
      </Button>
    </div>
  )
}
