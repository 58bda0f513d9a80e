import type { HumanRole, RoleRights } from '@stam/contracts'
import { roleText } from '@stam/domain'
import { Check, MapPin, Minus } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Allowed } from '../../app/admin-frame.tsx'
import { useMe } from '../../data/me.ts'
import { useRoles } from '../../data/people.ts'
import { useTexts } from '../../texts/texts.tsx'
import { Page } from '../../ui/page.tsx'
import { Failed, Loading, SkeletonRows } from '../../ui/page-state.tsx'
import { Segments } from '../../ui/segments.tsx'
import { useLayout } from '../../ui/use-layout.ts'
import { permissionText } from './people-words.ts'

export function RolesScreen(): ReactNode {
  return (
    <Allowed needs="user:read">
      <Roles />
    </Allowed>
  )
}

/** What each role may do: the server's own table, in words. */
function Roles(): ReactNode {
  const { t } = useTexts()
  const layout = useLayout()
  const query = useRoles()
  return (
    <Page title={t('roles.title')}>
      {query.data === undefined ? (
        query.isError ? (
          <Failed error={query.error} onRetry={() => void query.refetch()} />
        ) : (
          <Loading onRetry={() => void query.refetch()}>
            <SkeletonRows rows={14} height={44} />
          </Loading>
        )
      ) : (
        <div className="flex flex-col gap-4 p-4 max-md:p-3">
          <p className="max-w-[90ch] text-soft">{t('roles.lead')}</p>
          {layout === 'phone' ? <OneRole roles={query.data} /> : <Table roles={query.data} />}
        </div>
      )}
    </Page>
  )
}

/** Known ones in their order, then whatever the server has learnt since, by its code. */
function permissionsOf(roles: readonly RoleRights[]): string[] {
  const all = new Set(roles.flatMap(({ permissions }) => permissions))
  const known = Object.keys(permissionText)
  return [...known.filter((one) => all.has(one)), ...[...all].filter((one) => !known.includes(one)).toSorted()]
}

function Table({ roles }: { readonly roles: readonly RoleRights[] }): ReactNode {
  const { t, of } = useTexts()
  const me = useMe()
  return (
    <div className="overflow-x-auto rounded border border-line bg-surface">
      <table className="w-full border-collapse" data-testid="roles">
        <thead>
          <tr className="border-b border-line">
            <th scope="col" className="px-4 py-3 text-left text-sm font-semibold text-soft">
              {t('roles.permission')}
            </th>
            {roles.map(({ role }) => (
              <th
                key={role}
                scope="col"
                className={`w-40 px-3 py-3 text-left font-semibold ${role === me.role ? 'bg-raised' : ''}`}
              >
                {of(roleText[role])}
                {role === me.role && <span className="block text-xs font-normal text-soft">{t('roles.yours')}</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {permissionsOf(roles).map((permission) => (
            <tr key={permission} className="border-b border-line last:border-b-0 hover:bg-hover">
              <th scope="row" className="px-4 py-2 text-left font-normal">
                {of(permissionText[permission] ?? { pl: permission, en: permission })}
                <span className="block text-xs text-soft">{permission}</span>
              </th>
              {roles.map((rights) => (
                <td key={rights.role} className={`px-3 py-2 ${rights.role === me.role ? 'bg-raised' : ''}`}>
                  <Cell rights={rights} permission={permission} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

type Answer = 'no' | 'assigned' | 'site' | 'yes'

function answerOf({ role, permissions, sites }: RoleRights, permission: string): Answer {
  if (!permissions.includes(permission)) return 'no'
  if (sites === 'assigned') return 'assigned'
  return role === 'OPERATOR' && permission === 'panel:command' ? 'site' : 'yes'
}

function Cell({ rights, permission }: { readonly rights: RoleRights; readonly permission: string }): ReactNode {
  const { t } = useTexts()
  const answer = answerOf(rights, permission)
  const looks = {
    no: { Icon: Minus, word: 'roles.no', look: 'text-faint' },
    assigned: { Icon: MapPin, word: 'roles.assigned', look: 'text-text' },
    site: { Icon: MapPin, word: 'roles.per_site', look: 'text-text' },
    yes: { Icon: Check, word: 'roles.yes', look: 'text-text' },
  } as const
  const { Icon, word, look } = looks[answer]
  return (
    <span className={`inline-flex items-center gap-2 ${look}`}>
      <Icon size={16} aria-hidden="true" className="shrink-0" />
      <span className={answer === 'no' ? 'sr-only' : 'text-sm'}>{t(word)}</span>
    </span>
  )
}

/** On a phone one role at a time. */
function OneRole({ roles }: { readonly roles: readonly RoleRights[] }): ReactNode {
  const { t, of } = useTexts()
  const me = useMe()
  const [role, setRole] = useState<HumanRole>(me.role)
  const rights = roles.find((one) => one.role === role)
  if (rights === undefined) return null
  return (
    <>
      <Segments<HumanRole>
        label={t('person.role')}
        value={role}
        onChange={setRole}
        options={roles.map((one) => ({ value: one.role, label: of(roleText[one.role]) }))}
      />
      <ul className="rounded border border-line bg-surface" data-testid="roles">
        {permissionsOf(roles).map((permission) => (
          <li
            key={permission}
            className={`flex items-center justify-between gap-4 border-b border-line px-4 py-2.5 last:border-b-0 ${answerOf(rights, permission) === 'no' ? 'text-soft' : ''}`}
          >
            {of(permissionText[permission] ?? { pl: permission, en: permission })}
            <span className="shrink-0">
              <Cell rights={rights} permission={permission} />
            </span>
          </li>
        ))}
      </ul>
    </>
  )
}
