import type { HumanRole } from '@stam/contracts'
import { roleText } from '@stam/domain'
import { Link } from '@tanstack/react-router'
import { Check } from 'lucide-react'
import type { ReactNode } from 'react'
import { useRoles } from '../../data/people.ts'
import { useTexts } from '../../texts/texts.tsx'
import { Failed, Loading, SkeletonRows } from '../../ui/page-state.tsx'
import { Section } from '../../ui/section.tsx'
import { permissionText } from './people-words.ts'

/** What somebody of this role may do, beside where the role is chosen. */
export function RoleSummary({ role }: { readonly role: HumanRole }): ReactNode {
  const { t, of } = useTexts()
  const query = useRoles()
  const rights = query.data?.find((one) => one.role === role)
  return (
    <Section
      title={t('roles.may', { role: of(roleText[role]) })}
      testId="role-summary"
      aside={
        <Link to="/admin/roles" className="text-sm text-action hover:underline">
          {t('roles.compare')}
        </Link>
      }
    >
      {rights === undefined ? (
        query.isError ? (
          <Failed error={query.error} onRetry={() => void query.refetch()} />
        ) : (
          <Loading onRetry={() => void query.refetch()}>
            <SkeletonRows rows={4} height={32} />
          </Loading>
        )
      ) : (
        <>
          <p className="mb-3 text-soft">{t(rights.sites === 'all' ? 'roles.all_sites' : 'roles.assigned_sites')}</p>
          <ul className="grid gap-x-6 gap-y-1.5 md:grid-cols-2">
            {Object.keys(permissionText)
              .filter((permission) => rights.permissions.includes(permission))
              .map((permission) => (
                <li key={permission} className="flex gap-2">
                  <Check size={16} aria-hidden="true" className="mt-0.5 shrink-0 text-soft" />
                  {of(permissionText[permission] ?? { pl: permission, en: permission })}
                </li>
              ))}
          </ul>
        </>
      )}
    </Section>
  )
}
