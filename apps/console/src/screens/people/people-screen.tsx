import { humanRoles, type UserDetail } from '@stam/contracts'
import { roleText } from '@stam/domain'
import { Link, useNavigate } from '@tanstack/react-router'
import { ChevronLeft, ChevronRight, Search, UserPlus, UsersRound } from 'lucide-react'
import { type ReactNode, useRef, useState } from 'react'
import { may, useMe } from '../../data/me.ts'
import { type PeopleFilter, usePeople } from '../../data/people.ts'
import { useConnection } from '../../data/system.ts'
import { useShortcut } from '../../keyboard/keyboard.ts'
import { useTexts } from '../../texts/texts.tsx'
import { Button, IconButton } from '../../ui/button.tsx'
import { Choice } from '../../ui/choice.tsx'
import { Field } from '../../ui/field.tsx'
import { Avatar } from '../../ui/handler.tsx'
import { Flag } from '../../ui/labels.tsx'
import { Page } from '../../ui/page.tsx'
import { Empty, Failed, Loading, SkeletonRows } from '../../ui/page-state.tsx'
import { Segments } from '../../ui/segments.tsx'
import { Moment } from '../../ui/ticking.tsx'
import { useSettled } from '../../ui/use-settled.ts'
import { isScoped } from './limits.ts'
import { PersonMarks } from './person-marks.tsx'

const everybody: PeopleFilter = { text: '', role: 'all', state: 'active', page: 1 }

/** Everybody who may sign in: who they are, what they may, when they were last here, and who is locked out. */
export function PeopleScreen(): ReactNode {
  const { t } = useTexts()
  const me = useMe()
  const navigate = useNavigate()
  const { canAct } = useConnection()
  const [filter, setFilter] = useState(everybody)
  const wanted = useSettled(filter.text)
  const query = usePeople({ ...filter, text: wanted })
  const narrow = (change: Partial<PeopleFilter>): void => setFilter((before) => ({ ...before, page: 1, ...change }))
  return (
    <Page
      title={t('people.title')}
      lead={query.data !== undefined && <span className="text-soft">{query.data.pagination.total}</span>}
      aside={
        <>
          <PeopleFilters filter={filter} onNarrow={narrow} />
          {may(me, 'user:write') && (
            <Button
              tone="primary"
              testId="person-create"
              isDisabled={!canAct}
              onPress={() => void navigate({ to: '/admin/people/new' })}
            >
              <UserPlus size={16} aria-hidden="true" />
              {t('people.create')}
            </Button>
          )}
        </>
      }
    >
      {query.data === undefined ? (
        query.isError ? (
          <Failed error={query.error} onRetry={() => void query.refetch()} />
        ) : (
          <Loading onRetry={() => void query.refetch()}>
            <SkeletonRows rows={10} />
          </Loading>
        )
      ) : query.data.data.length === 0 ? (
        <Empty
          icon={<UsersRound size={28} strokeWidth={1.5} />}
          title={t('people.nothing_found')}
          body={t('state.nothing_found_body')}
        >
          <Button onPress={() => setFilter({ ...everybody, state: 'all' })}>{t('people.show_all')}</Button>
        </Empty>
      ) : (
        <>
          <ul data-testid="people" aria-busy={query.isFetching}>
            {query.data.data.map((user) => (
              <PersonRow key={user.id} user={user} own={user.id === me.id} />
            ))}
          </ul>
          <Pages
            page={filter.page}
            pages={query.data.pagination.total_pages}
            onPage={(page) => setFilter((before) => ({ ...before, page }))}
          />
        </>
      )}
    </Page>
  )
}

interface FiltersProps {
  readonly filter: PeopleFilter
  readonly onNarrow: (change: Partial<PeopleFilter>) => void
}

function PeopleFilters({ filter, onNarrow }: FiltersProps): ReactNode {
  const { t, of } = useTexts()
  const search = useRef<HTMLInputElement>(null)
  useShortcut('search', () => search.current?.focus())
  return (
    <>
      <Field
        inputRef={search}
        testId="people-search"
        hideLabel
        label={t('people.search')}
        placeholder={t('people.search')}
        value={filter.text}
        onChange={(text) => onNarrow({ text })}
        lead={<Search size={16} />}
        className="w-64 max-md:w-full"
      />
      <div className="w-48 max-md:w-full">
        <Choice<PeopleFilter['role']>
          label={t('person.role')}
          hideLabel
          testId="people-role"
          value={filter.role}
          onChange={(role) => onNarrow({ role })}
          options={[
            { value: 'all', label: t('people.every_role') },
            ...humanRoles.map((role) => ({ value: role, label: of(roleText[role]) })),
          ]}
        />
      </div>
      <Segments<PeopleFilter['state']>
        label={t('people.state')}
        testId="people-state"
        value={filter.state}
        onChange={(state) => onNarrow({ state })}
        options={[
          { value: 'active', label: t('people.state_active') },
          { value: 'locked', label: t('people.state_locked') },
          { value: 'inactive', label: t('people.state_inactive') },
          { value: 'all', label: t('people.state_all') },
        ]}
      />
    </>
  )
}

function PersonRow({ user, own }: { readonly user: UserDetail; readonly own: boolean }): ReactNode {
  const { t, of } = useTexts()
  return (
    <li className="border-b border-line bg-surface" data-testid="person-row" data-user-id={user.id}>
      <Link
        to="/admin/people/$userId"
        params={{ userId: user.id }}
        className={`grid min-h-[56px] grid-cols-[32px_minmax(0,1.4fr)_minmax(0,220px)_minmax(0,1fr)_minmax(0,220px)] items-center gap-x-4 gap-y-1 px-4 hover:bg-hover focus-visible:outline-offset-[-2px] max-lg:grid-cols-[32px_minmax(0,1fr)_auto] max-md:py-2 ${user.active ? '' : 'opacity-70'}`}
      >
        <Avatar name={user.name} mine={own} size={32} />
        <span className="min-w-0">
          <span className="flex min-w-0 items-center gap-2">
            <b className="truncate text-lg font-medium">{user.name}</b>
            {own && <Flag tone="plain">{t('people.you')}</Flag>}
          </span>
          <span className="block truncate text-sm text-soft">{user.email}</span>
        </span>
        <span className="min-w-0 max-lg:text-right">
          <span className="block truncate">{of(roleText[user.role])}</span>
          {isScoped(user.role) && (
            <span
              className={`block truncate text-sm ${user.site_ids.length === 0 ? 'font-medium text-text' : 'text-soft'}`}
            >
              {t('people.sites', { count: user.site_ids.length })}
            </span>
          )}
        </span>
        <span className="max-lg:col-span-2 max-lg:col-start-2">
          <PersonMarks user={user} />
        </span>
        <span className="text-right text-sm text-soft max-lg:hidden">
          {user.last_login_at === null ? (
            t('people.never')
          ) : (
            <>
              {t('people.last_login')} <Moment at={user.last_login_at} />
            </>
          )}
        </span>
      </Link>
    </li>
  )
}

function Pages({
  page,
  pages,
  onPage,
}: {
  readonly page: number
  readonly pages: number
  readonly onPage: (page: number) => void
}): ReactNode {
  const { t } = useTexts()
  if (pages < 2) return null
  return (
    <nav aria-label={t('sites.pages')} className="flex items-center justify-center gap-3 p-3 text-soft">
      <IconButton label={t('sites.previous')} isDisabled={page <= 1} onPress={() => onPage(page - 1)}>
        <ChevronLeft size={18} aria-hidden="true" />
      </IconButton>
      {t('sites.page', { page, pages })}
      <IconButton label={t('sites.next')} isDisabled={page >= pages} onPress={() => onPage(page + 1)}>
        <ChevronRight size={18} aria-hidden="true" />
      </IconButton>
    </nav>
  )
}
