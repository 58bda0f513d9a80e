import type { UserDetail } from '@stam/contracts'
import { type ReactNode, useState } from 'react'
import { may, useMe } from '../../data/me.ts'
import { type Done, endOwnSession } from '../../data/own-account.ts'
import { endSessionOf, endSessionsOf, useSessionsOf } from '../../data/people.ts'
import { useConnection } from '../../data/system.ts'
import { useTexts } from '../../texts/texts.tsx'
import { ConfirmButton } from '../../ui/confirm-button.tsx'
import { Problem } from '../../ui/notices.tsx'
import { Failed, failureWords, Loading, SkeletonRows } from '../../ui/page-state.tsx'
import { Section } from '../../ui/section.tsx'
import { DeviceList } from './device-list.tsx'

/** On which devices somebody is signed in, and the way to end it; whoever works there is out within seconds. */
export function SignedInSection({ user }: { readonly user: UserDetail }): ReactNode {
  const texts = useTexts()
  const { t } = texts
  const me = useMe()
  const { canAct } = useConnection()
  const query = useSessionsOf(user.id, true)
  const [problem, setProblem] = useState<string | null>(null)
  const own = user.id === me.id
  const mayEnd = canAct && (own || may(me, 'user:write'))
  const run = async (act: Promise<Done>): Promise<void> => {
    const result = await act
    setProblem(result.ok ? null : failureWords(result.failure, texts).title)
    if (!result.ok) void query.refetch()
  }
  const sessions = query.data ?? []
  return (
    <Section
      title={t('person.sessions')}
      testId="person-sessions"
      flush
      aside={
        !own &&
        sessions.length > 1 && (
          <ConfirmButton
            label={t('person.end_sessions')}
            question={t('person.end_sessions_question', { count: sessions.length })}
            confirm={t('device.end')}
            isDisabled={!mayEnd}
            onConfirm={() => void run(endSessionsOf(user.id))}
            testId="person-end-sessions"
          />
        )
      }
    >
      {problem !== null && (
        <div className="p-4 pb-0">
          <Problem>{problem}</Problem>
        </div>
      )}
      {query.data === undefined ? (
        query.isError ? (
          <Failed error={query.error} onRetry={() => void query.refetch()} />
        ) : (
          <Loading onRetry={() => void query.refetch()}>
            <SkeletonRows rows={2} />
          </Loading>
        )
      ) : sessions.length === 0 ? (
        <p className="px-4 py-3 text-soft" data-testid="no-sessions">
          {t('person.no_sessions')}
        </p>
      ) : (
        <DeviceList
          sessions={sessions}
          canEnd={mayEnd}
          onEnd={(id) => void run(own ? endOwnSession(id) : endSessionOf(user.id, id))}
        />
      )}
    </Section>
  )
}
