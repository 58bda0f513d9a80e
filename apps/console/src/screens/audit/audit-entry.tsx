import type { AuditEntry } from '@stam/contracts'
import { roleText } from '@stam/domain'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { serverNow } from '../../data/server-clock.ts'
import { useSite } from '../../data/sites.ts'
import { useTexts } from '../../texts/texts.tsx'
import { dateOf, timeOfDay } from '../../texts/time.ts'
import { Facts } from '../../ui/section.tsx'
import { type DiffLine, diffOf, listChange } from './audit-diff.ts'
import { fieldWords, valueText } from './audit-value.ts'
import { wordsOfAction, wordsOfEntity, wordsOfSystemActor } from './audit-words.ts'

const link = 'text-action hover:underline break-all'

/** One entry whole: who, from where, to what, what changed, and the way to everything of the same request. */
export function AuditEntryDetail({ entry }: { readonly entry: AuditEntry }): ReactNode {
  const { t, of, language } = useTexts()
  const at = Date.parse(entry.at)
  return (
    <div className="flex flex-col gap-5" data-testid="audit-entry" data-entry={entry.id}>
      <div>
        <h2 className="text-lg font-semibold">{of(wordsOfAction(entry.action))}</h2>
        <p className="text-soft">
          {dateOf(at, language)} {timeOfDay(at)} · {entry.action} · {t('audit.number', { number: entry.id })}
        </p>
      </div>
      {entry.reason !== null && (
        <blockquote className="rounded border-l-4 border-line bg-ground px-4 py-2 break-words">
          <span className="block text-sm text-soft">{t('audit.reason')}</span>
          {entry.reason}
        </blockquote>
      )}
      <Facts
        rows={[
          [t('audit.who'), <Actor key="who" entry={entry} />],
          [t('audit.about'), <About key="about" entry={entry} />],
          ...(entry.site_id === null || entry.entity_type === 'site'
            ? []
            : [[t('audit.site'), <SiteLink key="site" id={entry.site_id} />] as const]),
          [t('audit.ip'), entry.ip ?? '—'],
          [
            t('audit.request'),
            entry.request_id === null ? (
              '—'
            ) : (
              <Link key="r" to="/admin/audit" search={{ request_id: entry.request_id }} className={link}>
                {entry.request_id}
              </Link>
            ),
          ],
          [t('audit.instance'), entry.service_instance_id ?? '—'],
        ]}
      />
      <Diff lines={diffOf(entry.before, entry.after)} />
    </div>
  )
}

function Actor({ entry }: { readonly entry: AuditEntry }): ReactNode {
  const { t, of } = useTexts()
  const { actor, role } = entry
  if (actor.kind === 'system' || actor.id === null)
    return t('audit.system', { name: of(wordsOfSystemActor(actor.name)) })
  const rank = role === null ? undefined : (roleText as Record<string, { pl: string; en: string }>)[role]
  return (
    <span className="flex flex-wrap gap-x-3">
      <Link to="/admin/people/$userId" params={{ userId: actor.id }} className={link}>
        {actor.name}
      </Link>
      <span className="text-soft">{rank === undefined ? role : of(rank)}</span>
      <Link to="/admin/audit" search={{ actor_id: actor.id }} className={link}>
        {t('audit.all_by')}
      </Link>
    </span>
  )
}

function About({ entry }: { readonly entry: AuditEntry }): ReactNode {
  const { t, of } = useTexts()
  const { entity_type: type, entity_id: id } = entry
  if (id === null) return of(wordsOfEntity(type))
  const word = of(wordsOfEntity(type))
  return (
    <span className="flex flex-wrap gap-x-3">
      {type === 'alarm' ? (
        <Link to="/alarms/$alarmId" params={{ alarmId: id }} className={link}>
          {word}
        </Link>
      ) : type === 'site' ? (
        <SiteLink id={id} />
      ) : type === 'panel' ? (
        <Link to="/panels/$panelId" params={{ panelId: id }} className={link}>
          {word}
        </Link>
      ) : type === 'user' ? (
        <Link to="/admin/people/$userId" params={{ userId: id }} className={link}>
          {word}
        </Link>
      ) : (
        <span>
          {word} <span className="text-sm break-all text-soft">{id}</span>
        </span>
      )}
      <Link to="/admin/audit" search={{ entity_type: type, entity_id: id, range: 'all' }} className={link}>
        {t('audit.all_about')}
      </Link>
    </span>
  )
}

function SiteLink({ id }: { readonly id: string }): ReactNode {
  const { t } = useTexts()
  const name = useSite(id).data?.site.name
  return (
    <Link to="/sites/$siteId" params={{ siteId: id }} className={link}>
      {name ?? t('panel.open_site')}
    </Link>
  )
}

function Diff({ lines }: { readonly lines: readonly DiffLine[] }): ReactNode {
  const { t, language } = useTexts()
  if (lines.length === 0) return <p className="text-soft">{t('audit.no_change')}</p>
  return (
    <table className="w-full table-fixed border-collapse text-sm" data-testid="audit-diff">
      <thead>
        <tr className="text-left text-soft">
          <th scope="col" className="w-[30%] py-1.5 pr-3 font-semibold">
            {t('audit.field')}
          </th>
          <th scope="col" className="py-1.5 pr-3 font-semibold">
            {t('audit.before')}
          </th>
          <th scope="col" className="py-1.5 font-semibold">
            {t('audit.after')}
          </th>
        </tr>
      </thead>
      <tbody>
        {lines.map((line) => (
          <tr
            key={line.path}
            data-kind={line.kind}
            className={`border-t border-line align-top ${line.kind === 'same' ? 'text-soft' : ''}`}
          >
            <th
              scope="row"
              className={`py-1.5 pr-3 text-left break-words ${line.kind === 'same' ? 'font-normal' : 'font-medium'}`}
            >
              {fieldWords(line.path, language)}
            </th>
            <Values line={line} />
          </tr>
        ))}
      </tbody>
    </table>
  )
}

const cell = 'py-1.5 pr-3 break-words whitespace-pre-line'

function Values({ line }: { readonly line: DiffLine }): ReactNode {
  const { language } = useTexts()
  const now = serverNow()
  const say = (value: unknown): string => valueText(line.path, value, now, language)
  const { before, after } = line
  if (line.kind === 'changed' && Array.isArray(before) && Array.isArray(after)) {
    const { gained, lost } = listChange(before, after)
    return (
      <>
        <td className={cell}>{lost.map((value) => `− ${say(value)}`).join('\n') || '='}</td>
        <td className={cell}>{gained.map((value) => `+ ${say(value)}`).join('\n') || '='}</td>
      </>
    )
  }
  return (
    <>
      <td className={cell}>
        {before === undefined ? (
          <span className="text-faint">—</span>
        ) : line.kind === 'same' ? (
          say(before)
        ) : (
          <del className="decoration-soft">{say(before)}</del>
        )}
      </td>
      <td className={cell}>
        {after === undefined ? (
          <span className="text-faint">—</span>
        ) : line.kind === 'same' ? (
          '='
        ) : (
          <ins className="rounded-sm bg-action-tint px-1 font-medium no-underline">{say(after)}</ins>
        )}
      </td>
    </>
  )
}
