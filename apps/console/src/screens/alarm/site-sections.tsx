import { alarmHeadline, dispositionText } from '@stam/domain'
import { Link } from '@tanstack/react-router'
import { Phone } from 'lucide-react'
import type { ReactNode } from 'react'
import type { AlarmDetail } from '../../data/alarms.ts'
import { useTexts } from '../../texts/texts.tsx'
import { StatusChip } from '../../ui/labels.tsx'
import { PriorityShape } from '../../ui/priority-shape.tsx'
import { Section } from '../../ui/section.tsx'
import { Moment } from '../../ui/ticking.tsx'

/** What to do: the procedure, then whom to call, in order. */
export function DoNowSection({
  detail,
  className = '',
}: {
  readonly detail: AlarmDetail
  readonly className?: string
}): ReactNode {
  const { t } = useTexts()
  const { procedure, site } = detail
  return (
    <Section title={t('alarm.do_now')} testId="do-now" className={className} flush>
      <div className="border-b border-line p-4">
        {procedure === null ? (
          <p className="text-soft">{t('alarm.no_procedure')}</p>
        ) : (
          <>
            <h3 className="mb-2 font-semibold">{procedure.title}</h3>
            <p
              className="max-h-56 overflow-y-auto break-words whitespace-pre-line"
              data-testid="procedure"
              tabIndex={procedure.body.length > 600 ? 0 : undefined}
            >
              {procedure.body}
            </p>
          </>
        )}
        {site.notes !== '' && (
          <p className="mt-3 border-l-2 border-line pl-3 break-words whitespace-pre-line text-soft">{site.notes}</p>
        )}
      </div>
      <Contacts contacts={site.contacts} />
    </Section>
  )
}

export function Contacts({ contacts }: { readonly contacts: AlarmDetail['site']['contacts'] }): ReactNode {
  const { t } = useTexts()
  if (contacts.length === 0) return <p className="p-4 text-soft">{t('site.no_contacts')}</p>
  return (
    <ol data-testid="contacts">
      {contacts.map((contact, index) => (
        <li key={contact.id} className="flex items-center gap-3 border-b border-line px-4 py-2 last:border-b-0">
          <span className="w-4 shrink-0 text-right text-soft">{index + 1}.</span>
          <span className="min-w-0 flex-1">
            <span className="block break-words">
              <b className="font-semibold">{contact.name}</b>
              {contact.role !== '' && <span className="text-soft"> — {contact.role}</span>}
            </span>
            {contact.note !== '' && <span className="block text-sm text-soft">{contact.note}</span>}
          </span>
          {contact.phone !== '' && (
            <a
              href={`tel:${contact.phone.replace(/[^+\d]/g, '')}`}
              aria-label={t('alarm.call', { name: contact.name, phone: contact.phone })}
              className="inline-flex h-8 shrink-0 items-center gap-2 rounded border border-line px-3 font-medium whitespace-nowrap hover:border-action hover:text-action max-md:h-11"
            >
              <Phone size={15} aria-hidden="true" />
              {contact.phone}
            </a>
          )}
        </li>
      ))}
    </ol>
  )
}

/** What this site has had lately. */
export function HistorySection({
  alarms,
  title,
  className = '',
}: {
  readonly alarms: AlarmDetail['recent_alarms']
  readonly title: string
  readonly className?: string
}): ReactNode {
  const { t, of, language } = useTexts()
  return (
    <Section title={title} testId="site-history" className={className} flush>
      {alarms.length === 0 ? (
        <p className="p-4 text-soft">{t('alarm.no_history')}</p>
      ) : (
        <ul>
          {alarms.map((alarm) => (
            <li key={alarm.id} className="border-b border-line last:border-b-0">
              <Link
                to="/alarms/$alarmId"
                params={{ alarmId: alarm.id }}
                className="flex min-h-10 flex-wrap items-center gap-x-3 gap-y-0.5 px-4 py-1.5 hover:bg-hover max-md:min-h-11"
              >
                <PriorityShape
                  priority={alarm.priority}
                  size={14}
                  muted={alarm.service_mode || alarm.test_mode || alarm.status === 'CLOSED'}
                />
                <Moment at={alarm.first_seen} className="text-sm whitespace-nowrap text-soft" />
                <span className="min-w-0 flex-1 basis-32 truncate">{alarmHeadline(alarm, language)}</span>
                {alarm.disposition === null ? (
                  <StatusChip status={alarm.status} />
                ) : (
                  <span className="text-sm text-soft">{of(dispositionText[alarm.disposition])}</span>
                )}
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}
