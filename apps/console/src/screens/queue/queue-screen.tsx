import { Outlet, useMatch } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTexts } from '../../texts/texts.tsx'
import { useLayout } from '../../ui/use-layout.ts'
import { QueueKeys } from './queue-keys.tsx'
import { QueuePane } from './queue-pane.tsx'

/** Master and detail where there is room for both; otherwise the alarm takes the queue's place. */
export function QueueScreen(): ReactNode {
  const { t } = useTexts()
  const layout = useLayout()
  const open = useMatch({ from: '/alarms/$alarmId', shouldThrow: false })
  const openId = open?.params.alarmId
  if (layout !== 'split') {
    if (openId === undefined) return <QueuePane openId={undefined} />
    return (
      <>
        <QueueKeys openId={openId} />
        <Outlet />
      </>
    )
  }
  return (
    <div className="flex min-h-0 flex-1">
      <div className="flex w-[42%] min-w-[480px] shrink-0 flex-col border-r border-line">
        <QueuePane openId={openId} />
      </div>
      <div className="flex min-w-0 flex-1 flex-col" aria-label={t('queue.detail_region')} role="region">
        <Outlet />
      </div>
    </div>
  )
}
