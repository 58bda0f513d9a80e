import type { HumanRole, Language, UserDetail } from '@stam/contracts'
import { roleText } from '@stam/domain'
import { type FormEvent, type ReactNode, useState } from 'react'
import { may, useMe } from '../../data/me.ts'
import { editPerson, type PersonResult } from '../../data/people.ts'
import { useConnection } from '../../data/system.ts'
import { useTexts } from '../../texts/texts.tsx'
import { Button } from '../../ui/button.tsx'
import { Choice } from '../../ui/choice.tsx'
import { Field } from '../../ui/field.tsx'
import { DoneNote, Problem } from '../../ui/notices.tsx'
import { failureWords } from '../../ui/page-state.tsx'
import { Facts, Section } from '../../ui/section.tsx'
import { Segments } from '../../ui/segments.tsx'
import { Moment } from '../../ui/ticking.tsx'
import { Conflict } from './conflict.tsx'
import { type Limits, rolesToGive } from './limits.ts'
import { changesOf, formOf, mergedForm } from './person-form.ts'

interface Props {
  readonly user: UserDetail
  readonly limits: Limits
}

/** Name, role and language. A refusal over an older version keeps every typed word. */
export function DataSection({ user, limits }: Props): ReactNode {
  const { t, of } = useTexts()
  const me = useMe()
  const { canAct } = useConnection()
  // The version the form was opened on; what is read again meanwhile must not slip under the typing.
  const [base, setBase] = useState(user)
  const [typed, setTyped] = useState(formOf(user))
  const [outcome, setOutcome] = useState<PersonResult | 'saving' | null>(null)
  const changes = changesOf(formOf(base), typed)
  const untouched = Object.keys(changes).length === 0
  // Nothing typed here: newer data is simply shown.
  if (untouched && outcome !== 'saving' && user.version > base.version) {
    setBase(user)
    setTyped(formOf(user))
  }
  const short = typed.name.trim().length < 2
  const editable = limits.edit && may(me, 'user:write')
  const edit = (change: Partial<typeof typed>): void => {
    setTyped({ ...typed, ...change })
    if (outcome !== null && outcome !== 'saving' && outcome.ok) setOutcome(null)
  }
  const save = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    if (untouched || short || outcome === 'saving' || !canAct) return
    setOutcome('saving')
    const result = await editPerson(user.id, { version: base.version, ...changes })
    setOutcome(result)
    if (!result.ok) return
    setBase(result.user)
    setTyped(formOf(result.user))
  }
  const settle = (theirs: UserDetail, keepMine: boolean): void => {
    setTyped(keepMine ? mergedForm(formOf(base), typed, formOf(theirs)) : formOf(theirs))
    setBase(theirs)
    setOutcome(null)
  }
  const roles = limits.govern ? rolesToGive(me) : [base.role]
  return (
    <Section title={t('person.data')} testId="person-data">
      <form noValidate onSubmit={(event) => void save(event)} className="flex flex-col gap-4">
        <Facts
          rows={[
            [t('person.email'), user.email],
            [t('person.created'), <Moment key="c" at={user.created_at} />],
            [
              t('people.last_login'),
              user.last_login_at === null ? t('people.never') : <Moment key="l" at={user.last_login_at} />,
            ],
          ]}
        />
        <Field
          label={t('person.name')}
          value={typed.name}
          onChange={(name) => edit({ name })}
          maxLength={120}
          autoComplete="off"
          isDisabled={!editable}
          testId="person-name"
          error={short ? t('person.name_rule') : undefined}
        />
        <Choice<HumanRole>
          label={t('person.role')}
          testId="person-role"
          value={typed.role}
          isDisabled={!editable || !limits.govern}
          onChange={(role) => edit({ role })}
          options={roles.map((value) => ({ value, label: of(roleText[value]) }))}
        />
        {changes.role !== undefined && <p className="-mt-2 text-sm text-soft">{t('person.role_effect')}</p>}
        <Segments<Language>
          label={t('menu.language')}
          hideLabel={false}
          value={typed.language}
          isDisabled={!editable}
          onChange={(language) => edit({ language })}
          options={[
            { value: 'pl', label: 'Polski' },
            { value: 'en', label: 'English' },
          ]}
        />
        {outcome !== null && outcome !== 'saving' && <Refusal outcome={outcome} onSettle={settle} />}
        {editable && (
          <div className="flex flex-wrap items-center gap-3">
            <Button
              tone="primary"
              type="submit"
              testId="person-save"
              isDisabled={!canAct || untouched || short || outcome === 'saving'}
            >
              {t('person.save')}
            </Button>
            {!untouched && (
              <Button tone="quiet" onPress={() => setTyped(formOf(base))}>
                {t('person.undo')}
              </Button>
            )}
            {outcome !== null && outcome !== 'saving' && outcome.ok && (
              <DoneNote testId="person-saved">{t('person.saved')}</DoneNote>
            )}
          </div>
        )}
      </form>
    </Section>
  )
}

function Refusal({
  outcome,
  onSettle,
}: {
  readonly outcome: PersonResult
  readonly onSettle: (theirs: UserDetail, keepMine: boolean) => void
}): ReactNode {
  const texts = useTexts()
  if (outcome.ok) return null
  if ('failure' in outcome) {
    const { title, body } = failureWords(outcome.failure, texts)
    return <Problem>{`${title}. ${body}`}</Problem>
  }
  return <Conflict theirs={outcome.conflict} onSettle={(keepMine) => onSettle(outcome.conflict, keepMine)} />
}
