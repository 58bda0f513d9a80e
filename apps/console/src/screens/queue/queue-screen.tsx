import { Outlet, useMatch } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTexts } from '../../texts/texts.tsx'
import { useIsPhone } from '../../ui/use-is-phone.ts'
import { QueuePane } from './queue-pane.tsx'

/** Master and detail on a desktop; on a phone the alarm takes the queue's place. */
export function QueueScreen(): ReactNode {
  const { t } = useTexts()
  const phone = useIsPhone()
  const open = useMatch({ from: '/alarms/$alarmId', shouldThrow: false })
  const openId = open?.params.alarmId
  if (phone) return openId === undefined ? <QueuePane openId={undefined} /> : <Outlet />
  return (
    <div className="flex min-h-0 flex-1">
      <div className="flex w-[42%] min-w-[480px] shrink-0 flex-col border-r border-line max-lg:min-w-[380px]">
        <QueuePane openId={openId} />
      </div>
      <div className="flex min-w-0 flex-1 flex-col" aria-label={t('queue.detail_region')} role="region">
        <Outlet />
      </div>
    </div>
  )
}
