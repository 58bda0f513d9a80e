import type { HumanRole, Language } from '@stam/contracts'
import { roleText } from '@stam/domain'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, type ReactNode, useState } from 'react'
import { Allowed } from '../../app/admin-frame.tsx'
import { useMe } from '../../data/me.ts'
import { createPerson, type PasswordGiven } from '../../data/people.ts'
import { useConnection } from '../../data/system.ts'
import { useShortcut } from '../../keyboard/keyboard.ts'
import { useTexts } from '../../texts/texts.tsx'
import { Button } from '../../ui/button.tsx'
import { Choice } from '../../ui/choice.tsx'
import { Field } from '../../ui/field.tsx'
import { Problem } from '../../ui/notices.tsx'
import { Page } from '../../ui/page.tsx'
import { failureWords } from '../../ui/page-state.tsx'
import { Section } from '../../ui/section.tsx'
import { Segments } from '../../ui/segments.tsx'
import { isScoped, rolesToGive } from './limits.ts'
import { PasswordShown } from './password-shown.tsx'
import { emailLooksRight } from './person-form.ts'
import { RoleSummary } from './role-summary.tsx'
import { SitePicker } from './site-picker.tsx'

export function NewPersonScreen(): ReactNode {
  return (
    <Allowed needs="user:write">
      <NewPerson />
    </Allowed>
  )
}

const shortestName = 2

function NewPerson(): ReactNode {
  const texts = useTexts()
  const { t, of } = texts
  const me = useMe()
  const navigate = useNavigate()
  const { canAct } = useConnection()
  const [email, setEmail] = useState('')
  const [name, setName] = useState('')
  const [role, setRole] = useState<HumanRole>('OPERATOR')
  const [language, setLanguage] = useState<Language>('pl')
  const [siteIds, setSiteIds] = useState<readonly string[]>([])
  const [tried, setTried] = useState(false)
  const [sending, setSending] = useState(false)
  const [refusal, setRefusal] = useState<Extract<PasswordGiven, { ok: false }>['failure'] | null>(null)
  const [given, setGiven] = useState<Extract<PasswordGiven, { ok: true }> | null>(null)
  const taken = refusal?.kind === 'refused' && refusal.code === 'USER_EMAIL_TAKEN'
  const emailError = !emailLooksRight(email) ? t('person.email_rule') : taken ? t('person.email_taken') : undefined
  const nameError = name.trim().length < shortestName ? t('person.name_rule') : undefined
  const back = (): void => void navigate({ to: '/admin/people' })
  useShortcut('back', back, given === null)
  const send = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    setTried(true)
    if (!emailLooksRight(email) || nameError !== undefined || sending || !canAct) return
    setSending(true)
    const result = await createPerson({
      email: email.trim(),
      name: name.trim(),
      role,
      language,
      site_ids: isScoped(role) ? [...siteIds] : [],
    })
    setSending(false)
    setRefusal(result.ok ? null : result.failure)
    if (result.ok) setGiven(result)
  }
  return (
    <Page title={t('people.new')} back="/admin/people">
      <form
        noValidate
        onSubmit={(event) => void send(event)}
        className="flex flex-1 flex-col"
        data-testid="person-form"
      >
        <div className="grid flex-1 content-start items-start gap-4 p-4 lg:grid-cols-2 max-md:gap-3 max-md:p-3">
          <Section title={t('person.data')}>
            <div className="flex flex-col gap-4">
              <Field
                label={t('person.email')}
                type="email"
                value={email}
                onChange={(next) => {
                  setEmail(next)
                  setRefusal(null)
                }}
                maxLength={200}
                autoFocus
                autoComplete="off"
                testId="person-email"
                hint={t('people.email_hint')}
                error={tried ? emailError : undefined}
              />
              <Field
                label={t('person.name')}
                value={name}
                onChange={setName}
                maxLength={120}
                autoComplete="off"
                testId="person-name"
                error={tried ? nameError : undefined}
              />
              <Choice<HumanRole>
                label={t('person.role')}
                testId="person-role"
                value={role}
                onChange={setRole}
                options={rolesToGive(me).map((value) => ({ value, label: of(roleText[value]) }))}
              />
              <Segments<Language>
                label={t('menu.language')}
                hideLabel={false}
                value={language}
                onChange={setLanguage}
                options={[
                  { value: 'pl', label: 'Polski' },
                  { value: 'en', label: 'English' },
                ]}
              />
            </div>
          </Section>
          <div className="flex min-w-0 flex-col gap-4">
            {isScoped(role) && (
              <Section title={t('person.sites')} flush>
                <SitePicker value={siteIds} onChange={setSiteIds} isDisabled={!canAct} />
              </Section>
            )}
            <RoleSummary role={role} />
          </div>
        </div>
        <footer className="sticky bottom-0 flex flex-wrap items-center justify-end gap-2 border-t border-line bg-surface p-4">
          {refusal !== null && !taken && (
            <div className="mr-auto min-w-0 flex-1">
              <Problem>{`${failureWords(refusal, texts).title}. ${failureWords(refusal, texts).body}`}</Problem>
            </div>
          )}
          <Button onPress={back}>{t('action.cancel')}</Button>
          <Button tone="primary" size="lg" type="submit" isDisabled={!canAct || sending} testId="person-save">
            {t('people.create')}
          </Button>
        </footer>
      </form>
      {given !== null && (
        <PasswordShown
          name={given.user.name}
          email={given.user.email}
          password={given.password}
          onClose={() => void navigate({ to: '/admin/people/$userId', params: { userId: given.user.id } })}
        />
      )}
    </Page>
  )
}
