import type { UserDetail } from '@stam/contracts'
import { KeyRound, Lock, UserX } from 'lucide-react'
import type { ReactNode } from 'react'
import { serverNow } from '../../data/server-clock.ts'
import { useTexts } from '../../texts/texts.tsx'
import { moment } from '../../texts/time.ts'
import { Flag } from '../../ui/labels.tsx'

/** What is out of the ordinary about an account; an active one that signs in by itself has no mark. */
export function PersonMarks({ user }: { readonly user: UserDetail }): ReactNode {
  const { t, language } = useTexts()
  return (
    <span className="flex flex-wrap gap-1.5">
      {!user.active && (
        <Flag tone="plain">
          <UserX size={13} aria-hidden="true" />
          {t('person.inactive')}
        </Flag>
      )}
      {user.locked_until !== null && (
        <Flag tone="warning">
          <Lock size={13} aria-hidden="true" />
          {t('person.locked', { when: moment(Date.parse(user.locked_until), serverNow(), language) })}
        </Flag>
      )}
      {user.active && user.must_change_password && (
        <Flag tone="plain">
          <KeyRound size={13} aria-hidden="true" />
          {t('person.temporary')}
        </Flag>
      )}
    </span>
  )
}
