import { type ReactNode, useState } from 'react'
import { type Done, endOwnSession, signOutEverywhere, useOwnSessions } from '../../data/own-account.ts'
import { useConnection } from '../../data/system.ts'
import { useTexts } from '../../texts/texts.tsx'
import { ConfirmButton } from '../../ui/confirm-button.tsx'
import { Problem } from '../../ui/notices.tsx'
import { Failed, failureWords, Loading, SkeletonRows } from '../../ui/page-state.tsx'
import { Section } from '../../ui/section.tsx'
import { DeviceList } from '../people/device-list.tsx'

/** Where I am signed in. A device nobody knows is ended here before the password is changed. */
export function DevicesSection(): ReactNode {
  const texts = useTexts()
  const { t } = texts
  const { canAct } = useConnection()
  const query = useOwnSessions()
  const [problem, setProblem] = useState<string | null>(null)
  const run = async (act: Promise<Done>): Promise<void> => {
    const result = await act
    setProblem(result.ok ? null : failureWords(result.failure, texts).title)
  }
  return (
    <Section
      title={t('profile.devices')}
      testId="profile-devices"
      flush
      aside={
        <ConfirmButton
          label={t('profile.end_all')}
          question={t('profile.end_all_question')}
          confirm={t('menu.sign_out')}
          isDisabled={!canAct}
          onConfirm={() => void run(signOutEverywhere())}
          testId="sign-out-everywhere"
        />
      }
    >
      {problem !== null && (
        <div className="p-4 pb-0">
          <Problem>{problem}</Problem>
        </div>
      )}
      {query.data !== undefined ? (
        <DeviceList sessions={query.data} canEnd={canAct} onEnd={(id) => void run(endOwnSession(id))} />
      ) : query.isError ? (
        <Failed error={query.error} onRetry={() => void query.refetch()} />
      ) : (
        <Loading onRetry={() => void query.refetch()}>
          <SkeletonRows rows={2} />
        </Loading>
      )}
    </Section>
  )
}
