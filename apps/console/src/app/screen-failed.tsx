import { Link } from '@tanstack/react-router'
import { Bug, ShieldX } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTexts } from '../texts/texts.tsx'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/page-state.tsx'

/** A fault of ours in one screen: the frame, the sound and the other screens go on. */
export function ScreenFailed({ reset }: { readonly reset: () => void }): ReactNode {
  const { t } = useTexts()
  return (
    <Empty
      icon={<Bug size={28} />}
      title={t('app.screen_failed')}
      body={t('app.screen_failed_body')}
      testId="screen-failed"
    >
      <Button onPress={reset} testId="retry">
        {t('action.retry')}
      </Button>
      <Button onPress={() => location.reload()}>{t('app.reload')}</Button>
    </Empty>
  )
}

export function NotFound(): ReactNode {
  const { t } = useTexts()
  return (
    <Empty title={t('failure.not_found.title')} body={t('app.no_such_page')}>
      <Link to="/alarms" className="text-action hover:underline">
        {t('rail.alarms')}
      </Link>
    </Empty>
  )
}

/** A screen this role has not: said plainly, with the way back to what it has. */
export function Forbidden(): ReactNode {
  const { t } = useTexts()
  return (
    <Empty
      icon={<ShieldX size={28} strokeWidth={1.5} />}
      title={t('failure.forbidden.title')}
      body={t('app.not_for_role')}
      testId="forbidden"
    >
      <Link to="/alarms" className="text-action hover:underline">
        {t('rail.alarms')}
      </Link>
    </Empty>
  )
}
