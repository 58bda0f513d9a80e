import type { UserDetail } from '@stam/contracts'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { Info, ScrollText } from 'lucide-react'
import type { ReactNode } from 'react'
import { Allowed } from '../../app/admin-frame.tsx'
import { may, useMe } from '../../data/me.ts'
import { usePerson } from '../../data/people.ts'
import { useShortcut } from '../../keyboard/keyboard.ts'
import { useTexts } from '../../texts/texts.tsx'
import { Page } from '../../ui/page.tsx'
import { Failed, Loading, SkeletonBlocks } from '../../ui/page-state.tsx'
import { ActsSection } from '../audit/acts-section.tsx'
import { AccessSection } from './access-section.tsx'
import { AssignedSitesSection } from './assigned-sites-section.tsx'
import { DataSection } from './data-section.tsx'
import { isScoped, limitsOn } from './limits.ts'
import { PersonMarks } from './person-marks.tsx'
import { RoleSummary } from './role-summary.tsx'
import { SignedInSection } from './signed-in-section.tsx'

export function PersonScreen(): ReactNode {
  return (
    <Allowed needs="user:read">
      <LoadedPerson />
    </Allowed>
  )
}

function LoadedPerson(): ReactNode {
  const { userId } = useParams({ from: '/admin/people/$userId' })
  const { t } = useTexts()
  const navigate = useNavigate()
  const query = usePerson(userId)
  useShortcut('back', () => void navigate({ to: '/admin/people' }))
  if (query.data !== undefined) return <OnePerson key={userId} user={query.data} />
  return (
    <Page title={t('people.one')} back="/admin/people">
      {query.isError ? (
        <Failed error={query.error} onRetry={() => void query.refetch()} />
      ) : (
        <Loading onRetry={() => void query.refetch()}>
          <SkeletonBlocks blocks={4} />
        </Loading>
      )}
    </Page>
  )
}

/** One account: what it is, what may be done to it by whom is looking, and what it did lately. */
function OnePerson({ user }: { readonly user: UserDetail }): ReactNode {
  const { t } = useTexts()
  const me = useMe()
  const limits = limitsOn(me, user)
  const edits = limits.edit && may(me, 'user:write')
  return (
    <Page
      title={user.name}
      back="/admin/people"
      lead={<PersonMarks user={user} />}
      aside={
        may(me, 'audit:read') && (
          <Link
            to="/admin/audit"
            search={{ entity_type: 'user', entity_id: user.id, range: 'all' }}
            data-testid="person-audit"
            className="inline-flex h-10 items-center gap-2 rounded border border-line bg-raised px-4 hover:border-soft max-md:h-11"
          >
            <ScrollText size={16} aria-hidden="true" />
            {t('person.audit')}
          </Link>
        )
      }
    >
      {limits.why !== null && (
        <p className="flex items-start gap-3 border-b border-line bg-raised px-4 py-3" data-testid="person-limits">
          <Info size={18} aria-hidden="true" className="mt-0.5 shrink-0 text-soft" />
          {t(limits.why)}
        </p>
      )}
      <div className="grid items-start gap-4 p-4 lg:grid-cols-2 max-md:gap-3 max-md:p-3" data-testid="person">
        <div className="flex min-w-0 flex-col gap-4">
          <DataSection user={user} limits={limits} />
          {isScoped(user.role) && <AssignedSitesSection user={user} isDisabled={!edits} />}
          <AccessSection user={user} limits={limits} />
        </div>
        <div className="flex min-w-0 flex-col gap-4">
          {limits.edit && <SignedInSection user={user} />}
          {may(me, 'audit:read') && <ActsSection userId={user.id} />}
          <RoleSummary role={user.role} />
        </div>
      </div>
    </Page>
  )
}
