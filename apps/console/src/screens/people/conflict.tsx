import type { UserDetail } from '@stam/contracts'
import { roleText } from '@stam/domain'
import type { ReactNode } from 'react'
import { useTexts } from '../../texts/texts.tsx'
import { ConflictNotice } from '../../ui/save-refused.tsx'

interface Props {
  readonly theirs: UserDetail
  readonly onSettle: (keepMine: boolean) => void
}

/** Somebody else saved first: how the account is now. */
export function Conflict({ theirs, onSettle }: Props): ReactNode {
  const { t, of } = useTexts()
  return (
    <ConflictNotice what="person" onSettle={onSettle}>
      <b className="font-semibold">{t('person.conflict')}</b>{' '}
      {t('person.conflict_now', {
        name: theirs.name,
        role: of(roleText[theirs.role]),
        state: t(theirs.active ? 'person.active' : 'person.inactive'),
      })}
    </ConflictNotice>
  )
}
