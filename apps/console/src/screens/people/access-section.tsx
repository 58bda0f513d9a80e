import type { UserDetail } from '@stam/contracts'
import { type ReactNode, useState } from 'react'
import { may, useMe } from '../../data/me.ts'
import { editPerson, type PasswordGiven, type PersonResult, resetPassword, unlockPerson } from '../../data/people.ts'
import { useConnection } from '../../data/system.ts'
import { useTexts } from '../../texts/texts.tsx'
import { Button } from '../../ui/button.tsx'
import { ConfirmButton } from '../../ui/confirm-button.tsx'
import { Problem } from '../../ui/notices.tsx'
import { failureWords } from '../../ui/page-state.tsx'
import { Section } from '../../ui/section.tsx'
import { Ticking } from '../../ui/ticking.tsx'
import { countdown } from '../../texts/time.ts'
import type { Limits } from './limits.ts'
import { PasswordShown } from './password-shown.tsx'

interface Props {
  readonly user: UserDetail
  readonly limits: Limits
}

/** Whether somebody gets in at all: lock, temporary password, active or not. */
export function AccessSection({ user, limits }: Props): ReactNode {
  const texts = useTexts()
  const { t } = texts
  const me = useMe()
  const { canAct } = useConnection()
  const [problem, setProblem] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const [given, setGiven] = useState<Extract<PasswordGiven, { ok: true }> | null>(null)
  const run = async <Result extends PersonResult | PasswordGiven>(act: Promise<Result>): Promise<Result> => {
    setBusy(true)
    const result = await act
    setBusy(false)
    if (result.ok) setProblem(null)
    else setProblem('failure' in result ? failureWords(result.failure, texts).title : t('person.conflict'))
    return result
  }
  const off = !canAct || busy || !may(me, 'user:write')
  const reset = async (): Promise<void> => {
    const result = await run(resetPassword(user.id))
    if (result.ok) setGiven(result)
  }
  return (
    <Section title={t('person.access')} testId="person-access" flush>
      {problem !== null && (
        <div className="p-4 pb-0">
          <Problem>{problem}</Problem>
        </div>
      )}
      <Row title={t('person.lock')} body={<LockWords user={user} />}>
        {user.locked_until !== null && (
          <Button
            size="sm"
            isDisabled={off || !limits.edit}
            onPress={() => void run(unlockPerson(user.id))}
            testId="person-unlock"
          >
            {t('person.unlock')}
          </Button>
        )}
      </Row>
      <Row
        title={t('profile.password')}
        body={t(user.must_change_password ? 'person.password_temporary' : 'person.password_own')}
      >
        {limits.govern && (
          <ConfirmButton
            label={t('person.reset')}
            question={t('person.reset_question')}
            confirm={t('person.reset')}
            isDisabled={off}
            onConfirm={() => void reset()}
            testId="person-reset"
          />
        )}
      </Row>
      <Row title={t('person.account')} body={t(user.active ? 'person.active_body' : 'person.inactive_body')}>
        {limits.govern &&
          (user.active ? (
            <ConfirmButton
              label={t('person.deactivate')}
              question={t('person.deactivate_question')}
              confirm={t('person.deactivate')}
              isDisabled={off}
              onConfirm={() => void run(editPerson(user.id, { version: user.version, active: false }))}
              testId="person-deactivate"
            />
          ) : (
            <Button
              size="sm"
              isDisabled={off}
              onPress={() => void run(editPerson(user.id, { version: user.version, active: true }))}
              testId="person-activate"
            >
              {t('person.activate')}
            </Button>
          ))}
      </Row>
      {given !== null && (
        <PasswordShown
          name={given.user.name}
          email={given.user.email}
          password={given.password}
          onClose={() => setGiven(null)}
        />
      )}
    </Section>
  )
}

function Row({
  title,
  body,
  children,
}: {
  readonly title: string
  readonly body: ReactNode
  readonly children: ReactNode
}): ReactNode {
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line px-4 py-3 last:border-b-0">
      <div className="min-w-0 flex-1 basis-52">
        <p className="font-medium">{title}</p>
        <p className="text-sm text-soft">{body}</p>
      </div>
      {children}
    </div>
  )
}

function LockWords({ user }: { readonly user: UserDetail }): ReactNode {
  const { t } = useTexts()
  if (user.locked_until === null) return t('person.not_locked')
  const until = Date.parse(user.locked_until)
  return (
    <Ticking
      say={(now) => t('person.locked_for', { left: countdown(Math.max(0, until - now)) })}
      deps={user.locked_until}
    />
  )
}
