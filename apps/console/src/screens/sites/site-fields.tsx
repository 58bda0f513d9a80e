import { SiteType } from '@stam/contracts'
import { ArrowDown, ArrowUp, Plus, Trash2 } from 'lucide-react'
import type { ReactNode } from 'react'
import { type Control, Controller, type FieldPathByValue, useFieldArray } from 'react-hook-form'
import { type MessageKey, useTexts } from '../../texts/texts.tsx'
import { Button, IconButton } from '../../ui/button.tsx'
import { Choice } from '../../ui/choice.tsx'
import { Field } from '../../ui/field.tsx'
import { Section } from '../../ui/section.tsx'
import { Segments } from '../../ui/segments.tsx'
import { degrees, emptyContact, emptyProcedure, secondsOf, type SiteForm, type TimeSetting } from './site-form.ts'
import { siteTypeText } from './site-words.ts'

interface TextProps {
  readonly control: Control<SiteForm>
  readonly name: FieldPathByValue<SiteForm, string>
  readonly label: MessageKey
  readonly rule?: (value: string) => MessageKey | undefined
  readonly max: number
  readonly lines?: number
  readonly className?: string
  readonly testId?: string
}

function FormText({ control, name, label, rule, max, lines, className, testId }: TextProps): ReactNode {
  const { t } = useTexts()
  return (
    <Controller
      control={control}
      name={name}
      rules={{ validate: (value) => rule?.(value) ?? true }}
      render={({ field, fieldState }) => (
        <Field
          label={t(label)}
          value={field.value}
          onChange={field.onChange}
          onBlur={field.onBlur}
          maxLength={max}
          {...(lines === undefined ? {} : { multiline: lines })}
          {...(className === undefined ? {} : { className })}
          {...(testId === undefined ? {} : { testId })}
          error={
            fieldState.error?.message === undefined || fieldState.error.message === ''
              ? undefined
              : t(fieldState.error.message as MessageKey)
          }
        />
      )}
    />
  )
}

const needed = (value: string): MessageKey | undefined => (value.trim() === '' ? 'site.rule_needed' : undefined)
const nameRule = (value: string): MessageKey | undefined => (value.trim().length < 2 ? 'site.rule_name' : undefined)
const degreeRule =
  (limit: 90 | 180) =>
  (value: string): MessageKey | undefined =>
    Number.isNaN(degrees(value, limit)) ? 'site.rule_degrees' : undefined

export function DataFields({ control }: { readonly control: Control<SiteForm> }): ReactNode {
  const { t, of } = useTexts()
  return (
    <Section title={t('site.data')}>
      <div className="grid gap-4 md:grid-cols-6">
        <FormText
          control={control}
          name="code"
          label="site.code"
          rule={needed}
          max={20}
          className="md:col-span-2"
          testId="site-code"
        />
        <FormText
          control={control}
          name="name"
          label="site.name"
          rule={nameRule}
          max={200}
          className="md:col-span-4"
          testId="site-name"
        />
        <div className="md:col-span-6">
          <Controller
            control={control}
            name="type"
            render={({ field }) => (
              <Choice
                label={t('site.type')}
                value={field.value}
                onChange={field.onChange}
                testId="site-type"
                options={SiteType.options.map((value) => ({ value, label: of(siteTypeText[value]) }))}
              />
            )}
          />
        </div>
        <FormText
          control={control}
          name="address_line"
          label="site.street"
          max={200}
          className="md:col-span-6"
          testId="site-street"
        />
        <FormText control={control} name="postal_code" label="site.postal_code" max={12} className="md:col-span-2" />
        <FormText
          control={control}
          name="city"
          label="site.city"
          max={100}
          className="md:col-span-4"
          testId="site-city"
        />
        <FormText
          control={control}
          name="latitude"
          label="site.latitude"
          rule={degreeRule(90)}
          max={12}
          className="md:col-span-3"
        />
        <FormText
          control={control}
          name="longitude"
          label="site.longitude"
          rule={degreeRule(180)}
          max={12}
          className="md:col-span-3"
        />
        <FormText control={control} name="notes" label="site.notes" max={10_000} lines={4} className="md:col-span-6" />
      </div>
    </Section>
  )
}

const timeRule =
  (name: TimeSetting) =>
  (value: string): MessageKey | undefined =>
    Number.isNaN(secondsOf(value, name)) ? 'site.rule_time' : undefined

const timeLabels: Readonly<Record<TimeSetting, MessageKey>> = {
  bundle_min: 'site.set_bundle',
  duplicate_s: 'site.set_duplicate',
  warning_close_h: 'site.set_warning_close',
  info_close_h: 'site.set_info_close',
  info_ack_min: 'site.set_info_ack',
}

/** How events of this site become alarms, and when the clock may act on them. */
export function SettingFields({ control }: { readonly control: Control<SiteForm> }): ReactNode {
  const { t } = useTexts()
  return (
    <Section title={t('site.settings')} testId="site-settings">
      <div className="grid gap-4 md:grid-cols-2">
        {(Object.keys(timeLabels) as TimeSetting[]).map((name) => (
          <FormText
            key={name}
            control={control}
            name={`settings.${name}`}
            label={timeLabels[name]}
            rule={timeRule(name)}
            max={6}
            testId={`site-${name.replaceAll('_', '-')}`}
          />
        ))}
        <Controller
          control={control}
          name="settings.unauthorized"
          render={({ field }) => (
            <Segments<SiteForm['settings']['unauthorized']>
              label={t('site.set_unauthorized')}
              hideLabel={false}
              value={field.value}
              onChange={field.onChange}
              testId="site-unauthorized"
              options={[
                { value: 'WARNING', label: t('site.set_as_warning') },
                { value: 'CRITICAL', label: t('site.set_as_critical') },
              ]}
            />
          )}
        />
        <Controller
          control={control}
          name="settings.retrigger"
          render={({ field }) => (
            <Segments<SiteForm['settings']['retrigger']>
              label={t('site.set_retrigger')}
              hideLabel={false}
              value={field.value}
              onChange={field.onChange}
              testId="site-retrigger"
              options={[
                { value: 'off', label: t('site.set_retrigger_off') },
                { value: 'on', label: t('site.set_retrigger_on') },
              ]}
            />
          )}
        />
      </div>
    </Section>
  )
}

export function ContactFields({ control }: { readonly control: Control<SiteForm> }): ReactNode {
  const { t } = useTexts()
  const { fields, append, remove, move } = useFieldArray({ control, name: 'contacts' })
  return (
    <Section
      title={t('site.contacts')}
      aside={
        <Button size="sm" onPress={() => append({ ...emptyContact })} testId="contact-add">
          <Plus size={15} aria-hidden="true" />
          {t('site.add_contact')}
        </Button>
      }
    >
      {fields.length === 0 && <p className="text-soft">{t('site.no_contacts')}</p>}
      {fields.map((field, index) => (
        <fieldset
          key={field.id}
          className="mb-4 grid gap-3 border-b border-line pb-4 last:mb-0 last:border-b-0 last:pb-0 md:grid-cols-2"
        >
          <legend className="sr-only">{t('site.contact_number', { number: index + 1 })}</legend>
          <div className="flex items-center justify-between md:col-span-2">
            <span className="text-soft">{index + 1}.</span>
            <span>
              <IconButton label={t('site.contact_up')} isDisabled={index === 0} onPress={() => move(index, index - 1)}>
                <ArrowUp size={16} aria-hidden="true" />
              </IconButton>
              <IconButton
                label={t('site.contact_down')}
                isDisabled={index === fields.length - 1}
                onPress={() => move(index, index + 1)}
              >
                <ArrowDown size={16} aria-hidden="true" />
              </IconButton>
              <IconButton label={t('site.remove_contact')} onPress={() => remove(index)}>
                <Trash2 size={16} aria-hidden="true" />
              </IconButton>
            </span>
          </div>
          <FormText
            control={control}
            name={`contacts.${index}.name`}
            label="site.contact_name"
            rule={needed}
            max={120}
            testId={`contact-name-${index}`}
          />
          <FormText control={control} name={`contacts.${index}.role`} label="site.contact_role" max={120} />
          <FormText
            control={control}
            name={`contacts.${index}.phone`}
            label="site.contact_phone"
            max={40}
            testId={`contact-phone-${index}`}
          />
          <FormText control={control} name={`contacts.${index}.email`} label="site.contact_email" max={200} />
          <FormText
            control={control}
            name={`contacts.${index}.note`}
            label="site.contact_note"
            max={500}
            className="md:col-span-2"
          />
        </fieldset>
      ))}
    </Section>
  )
}

export function ProcedureFields({ control }: { readonly control: Control<SiteForm> }): ReactNode {
  const { t } = useTexts()
  const { fields, append, remove } = useFieldArray({ control, name: 'procedures' })
  return (
    <Section
      title={t('site.procedures')}
      aside={
        <Button size="sm" onPress={() => append({ ...emptyProcedure })} testId="procedure-add">
          <Plus size={15} aria-hidden="true" />
          {t('site.add_procedure')}
        </Button>
      }
    >
      {fields.length === 0 && <p className="text-soft">{t('site.no_procedures')}</p>}
      {fields.map((field, index) => (
        <fieldset
          key={field.id}
          className="mb-4 flex flex-col gap-3 border-b border-line pb-4 last:mb-0 last:border-b-0 last:pb-0"
        >
          <legend className="sr-only">{t('site.procedure_number', { number: index + 1 })}</legend>
          <div className="flex items-end gap-2">
            <FormText
              control={control}
              name={`procedures.${index}.title`}
              label="site.procedure_title"
              rule={needed}
              max={200}
              className="flex-1"
            />
            <IconButton label={t('site.remove_procedure')} onPress={() => remove(index)}>
              <Trash2 size={16} aria-hidden="true" />
            </IconButton>
          </div>
          <FormText
            control={control}
            name={`procedures.${index}.body`}
            label="site.procedure_body"
            max={10_000}
            lines={5}
          />
        </fieldset>
      ))}
    </Section>
  )
}
