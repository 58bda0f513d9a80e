import type { SessionRecord } from '@stam/contracts'
import { LogOut, Monitor, Smartphone } from 'lucide-react'
import type { ReactNode } from 'react'
import { isHandheld } from '../../data/device-name.ts'
import { useTexts } from '../../texts/texts.tsx'
import { ConfirmButton } from '../../ui/confirm-button.tsx'
import { Flag } from '../../ui/labels.tsx'
import { Moment } from '../../ui/ticking.tsx'

interface Props {
  readonly sessions: readonly SessionRecord[]
  readonly canEnd: boolean
  readonly onEnd: (id: string) => void
}

/** Where somebody is signed in: device, address, since when, last used; each can be ended. */
export function DeviceList({ sessions, canEnd, onEnd }: Props): ReactNode {
  const { t } = useTexts()
  return (
    <ul data-testid="devices">
      {sessions.map((session) => (
        <li
          key={session.id}
          data-testid="device"
          data-current={session.current}
          className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line px-4 py-3 last:border-b-0"
        >
          <span aria-hidden="true" className="shrink-0 text-soft">
            {isHandheld(session.device) ? <Smartphone size={18} /> : <Monitor size={18} />}
          </span>
          <div className="min-w-0 flex-1 basis-52">
            <p className="flex flex-wrap items-center gap-2">
              <b className="font-medium break-words">{session.device === '' ? t('device.unknown') : session.device}</b>
              {session.current && <Flag tone="plain">{t('device.this')}</Flag>}
            </p>
            <p className="text-sm text-soft">
              {session.ip ?? t('device.no_address')} · {t('device.since')} <Moment at={session.started_at} /> ·{' '}
              {t('device.last_used')} <Moment at={session.last_used_at} />
            </p>
          </div>
          {!session.current && (
            <ConfirmButton
              label={
                <>
                  <LogOut size={15} aria-hidden="true" />
                  {t('device.end')}
                </>
              }
              question={t('device.end_question')}
              confirm={t('device.end')}
              isDisabled={!canEnd}
              onConfirm={() => onEnd(session.id)}
              testId="device-end"
            />
          )}
        </li>
      ))}
    </ul>
  )
}
