import type { Panel } from '@stam/contracts'
import { useNavigate, useParams } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { type Control, Controller, type FieldPathByValue, useForm, useWatch } from 'react-hook-form'
import { createPanel, type PanelResult, updatePanel, usePanel } from '../../data/panels.ts'
import { useSite } from '../../data/sites.ts'
import { useConnection } from '../../data/system.ts'
import { useShortcut } from '../../keyboard/keyboard.ts'
import { type MessageKey, useTexts } from '../../texts/texts.tsx'
import { Button } from '../../ui/button.tsx'
import { Field } from '../../ui/field.tsx'
import { Page } from '../../ui/page.tsx'
import { Failed, Loading, SkeletonBlocks } from '../../ui/page-state.tsx'
import { SaveRefused } from '../../ui/save-refused.tsx'
import { Section } from '../../ui/section.tsx'
import { Segments } from '../../ui/segments.tsx'
import { ConnectionTrySection } from './connection-try.tsx'
import {
  createRequest,
  emptyPanel,
  formOf,
  isKey,
  isTimeZone,
  type PanelForm,
  portOf,
  updateRequest,
} from './panel-form.ts'

export function NewPanelScreen(): ReactNode {
  const { siteId } = useParams({ from: '/sites/$siteId/panels/new' })
  return <Editor before={null} siteId={siteId} />
}

export function EditPanelScreen(): ReactNode {
  const { panelId } = useParams({ from: '/panels/$panelId/edit' })
  const { t } = useTexts()
  const query = usePanel(panelId)
  if (query.data !== undefined) {
    const { panel } = query.data
    return (
      <Editor before={panel} siteId={panel.site_id} reload={async () => (await query.refetch()).data?.panel ?? null} />
    )
  }
  return (
    <Page title={t('panel.edit')} back="/panels">
      {query.isError ? (
        <Failed error={query.error} onRetry={() => void query.refetch()} />
      ) : (
        <Loading onRetry={() => void query.refetch()}>
          <SkeletonBlocks />
        </Loading>
      )}
    </Page>
  )
}

interface EditorProps {
  readonly before: Panel | null
  readonly siteId: string
  readonly reload?: () => Promise<Panel | null>
}

/** Create and edit. A refusal over an older version keeps every typed word and offers the other person's version. */
function Editor({ before, siteId, reload }: EditorProps): ReactNode {
  const { t } = useTexts()
  const navigate = useNavigate()
  const { canAct } = useConnection()
  const siteName = useSite(siteId).data?.site.name ?? ''
  // The version the form was opened on; live changes of the panel must not slip under the typing.
  const [base, setBase] = useState(before)
  const [refusal, setRefusal] = useState<Extract<PanelResult, { ok: false }> | null>(null)
  const form = useForm<PanelForm>({ defaultValues: base === null ? emptyPanel : formOf(base) })
  const { control, handleSubmit, formState } = form
  const leave = () =>
    void (base === null
      ? navigate({ to: '/sites/$siteId', params: { siteId } })
      : navigate({ to: '/panels/$panelId', params: { panelId: base.id } }))
  useShortcut('back', leave)
  const save = handleSubmit(async (values) => {
    const result =
      base === null
        ? await createPanel(createRequest(values, siteId))
        : await updatePanel(base.id, updateRequest(values, base.version))
    if (result.ok) return void navigate({ to: '/panels/$panelId', params: { panelId: result.id } })
    setRefusal(result)
  })
  const takeTheirs = async (keepMine: boolean): Promise<void> => {
    const fresh = await reload?.()
    if (fresh === null || fresh === undefined) return
    setBase(fresh)
    setRefusal(null)
    if (!keepMine) form.reset(formOf(fresh))
  }
  return (
    <Page
      title={base === null ? t('panel.new_title', { site: siteName }) : t('panel.edit_title', { name: base.name })}
      back={base === null ? '/sites' : '/panels'}
    >
      <form
        noValidate
        autoComplete="off"
        onSubmit={(event) => void save(event)}
        className="flex min-h-0 flex-1 flex-col"
        data-testid="panel-form"
      >
        <div className="grid flex-1 items-start gap-4 p-4 lg:grid-cols-2 max-md:p-3">
          <AddressFields control={control} />
          <div className="flex min-w-0 flex-col gap-4">
            <KeyFields control={control} hasKey={base?.has_integration_key ?? false} />
            <ConnectionTrySection control={control} panelId={base?.id ?? null} />
          </div>
        </div>
        <footer className="sticky bottom-0 flex flex-wrap items-center justify-end gap-2 border-t border-line bg-surface p-4">
          {refusal !== null && (
            <SaveRefused
              refusal={refusal}
              what="panel"
              known={{ code: 'PANEL_ADDRESS_TAKEN', text: t('panel.address_taken') }}
              onSettle={(keep) => void takeTheirs(keep)}
            />
          )}
          <Button onPress={leave}>{t('action.cancel')}</Button>
          <Button
            tone="primary"
            type="submit"
            size="lg"
            testId="panel-save"
            isDisabled={!canAct || formState.isSubmitting}
          >
            {t('site.save')}
          </Button>
        </footer>
      </form>
    </Page>
  )
}

interface TextProps {
  readonly control: Control<PanelForm>
  readonly name: Exclude<FieldPathByValue<PanelForm, string>, 'use' | 'key_choice'>
  readonly label: MessageKey
  readonly hint?: MessageKey
  readonly rule: (value: string) => MessageKey | undefined
  readonly max: number
  readonly className?: string
  readonly secret?: boolean
}

function FormText({ control, name, label, hint, rule, max, className = '', secret = false }: TextProps): ReactNode {
  const { t } = useTexts()
  return (
    <Controller
      control={control}
      name={name}
      rules={{ validate: (value) => rule(value) ?? true }}
      render={({ field, fieldState }) => (
        <Field
          label={t(label)}
          value={field.value}
          onChange={field.onChange}
          onBlur={field.onBlur}
          maxLength={max}
          className={className}
          testId={`panel-${name.replace('_', '-')}`}
          {...(hint === undefined ? {} : { hint: t(hint) })}
          {...(secret ? { type: 'password', autoComplete: 'new-password' } : {})}
          error={fieldState.error?.message ? t(fieldState.error.message as MessageKey) : undefined}
        />
      )}
    />
  )
}

const needed = (value: string): MessageKey | undefined => (value.trim() === '' ? 'site.rule_needed' : undefined)
const hostRule = (value: string): MessageKey | undefined =>
  needed(value) ?? (/\s/.test(value.trim()) ? 'panel.rule_host' : undefined)
const portRule = (value: string): MessageKey | undefined =>
  Number.isNaN(portOf(value)) ? 'panel.rule_port' : undefined
const zoneRule = (value: string): MessageKey | undefined => (isTimeZone(value) ? undefined : 'panel.rule_time_zone')

function AddressFields({ control }: { readonly control: Control<PanelForm> }): ReactNode {
  const { t } = useTexts()
  return (
    <Section title={t('panel.connection_data')}>
      <div className="grid gap-4 md:grid-cols-6">
        <FormText control={control} name="name" label="panel.name" rule={needed} max={100} className="md:col-span-6" />
        <FormText
          control={control}
          name="host"
          label="panel.host"
          hint="panel.host_hint"
          rule={hostRule}
          max={253}
          className="md:col-span-4"
        />
        <FormText
          control={control}
          name="port"
          label="panel.port"
          hint="panel.port_hint"
          rule={portRule}
          max={5}
          className="md:col-span-2"
        />
        <FormText
          control={control}
          name="time_zone"
          label="site.time_zone"
          hint="panel.time_zone_hint"
          rule={zoneRule}
          max={60}
          className="md:col-span-6"
        />
        <div className="md:col-span-6">
          <Controller
            control={control}
            name="use"
            render={({ field }) => (
              <Segments<PanelForm['use']>
                label={t('panel.in_use')}
                hideLabel={false}
                value={field.value}
                onChange={field.onChange}
                testId="panel-use"
                options={[
                  { value: 'on', label: t('panel.use_on') },
                  { value: 'off', label: t('panel.use_off') },
                ]}
              />
            )}
          />
          <p className="mt-1 text-sm text-soft">{t('panel.use_hint')}</p>
        </div>
      </div>
    </Section>
  )
}

function KeyFields({ control, hasKey }: { readonly control: Control<PanelForm>; readonly hasKey: boolean }): ReactNode {
  const { t } = useTexts()
  const choice = useWatch({ control, name: 'key_choice' })
  const keep = { value: 'keep', label: t('panel.key_keep') } as const
  return (
    <Section title={t('panel.encryption')}>
      <div className="flex flex-col gap-4">
        <Controller
          control={control}
          name="key_choice"
          render={({ field }) => (
            <Segments<PanelForm['key_choice']>
              label={t('panel.key')}
              hideLabel={false}
              value={field.value}
              onChange={field.onChange}
              testId="panel-key-choice"
              options={[
                ...(hasKey ? [keep] : []),
                { value: 'set', label: t(hasKey ? 'panel.key_replace' : 'panel.key_set') },
                { value: 'none', label: t(hasKey ? 'panel.key_remove' : 'panel.key_none') },
              ]}
            />
          )}
        />
        {choice === 'set' && (
          <FormText
            control={control}
            name="key"
            label="panel.key_new"
            hint="panel.key_hint"
            rule={(value) => (isKey(value) ? undefined : 'panel.rule_key')}
            max={12}
            secret
          />
        )}
        <p className="text-sm text-soft">{t('panel.key_never_shown')}</p>
      </div>
    </Section>
  )
}
