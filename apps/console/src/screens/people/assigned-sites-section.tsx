import type { UserDetail } from '@stam/contracts'
import { type ReactNode, useState } from 'react'
import { assignSites, type PersonResult, useSitesOf } from '../../data/people.ts'
import { useConnection } from '../../data/system.ts'
import { useTexts } from '../../texts/texts.tsx'
import { Button } from '../../ui/button.tsx'
import { DoneNote, Problem } from '../../ui/notices.tsx'
import { failureWords } from '../../ui/page-state.tsx'
import { Section } from '../../ui/section.tsx'
import { Conflict } from './conflict.tsx'
import { siteChanges } from './person-form.ts'
import { SitePicker } from './site-picker.tsx'

interface Props {
  readonly user: UserDetail
  readonly isDisabled: boolean
}

/** What a technician or field worker sees. Collected first, saved as a whole; a conflict keeps the collected list. */
export function AssignedSitesSection({ user, isDisabled }: Props): ReactNode {
  const texts = useTexts()
  const { t } = texts
  const { canAct } = useConnection()
  const names = useSitesOf(user.id)
  const [base, setBase] = useState(user)
  const [siteIds, setSiteIds] = useState<readonly string[]>(user.site_ids)
  const [outcome, setOutcome] = useState<PersonResult | 'saving' | null>(null)
  const { added, removed } = siteChanges(base.site_ids, siteIds)
  const untouched = added + removed === 0
  const sameSites = siteChanges(base.site_ids, user.site_ids)
  // Untouched, or only other things of the person changed: go on from the newer version.
  if (user.version > base.version && outcome !== 'saving' && (untouched || sameSites.added + sameSites.removed === 0)) {
    setBase(user)
    if (untouched) setSiteIds(user.site_ids)
  }
  const save = async (): Promise<void> => {
    setOutcome('saving')
    const result = await assignSites(user.id, base.version, siteIds)
    setOutcome(result)
    if (!result.ok) return
    setBase(result.user)
    setSiteIds(result.user.site_ids)
  }
  const settle = (theirs: UserDetail, keepMine: boolean): void => {
    setBase(theirs)
    if (!keepMine) setSiteIds(theirs.site_ids)
    setOutcome(null)
  }
  const failed = outcome !== null && outcome !== 'saving' && !outcome.ok ? outcome : null
  return (
    <Section
      title={t('person.sites')}
      testId="person-sites"
      flush
      aside={<span className="text-sm text-soft">{t('people.sites', { count: siteIds.length })}</span>}
    >
      <SitePicker
        value={siteIds}
        saved={base.site_ids}
        names={names.data ?? []}
        isDisabled={isDisabled || !canAct || outcome === 'saving'}
        onChange={(next) => {
          setSiteIds(next)
          if (failed === null) setOutcome(null)
        }}
      />
      {(!untouched || failed !== null || outcome !== null) && (
        <div className="flex flex-wrap items-center gap-3 border-t border-line p-4">
          {failed !== null &&
            ('conflict' in failed ? (
              <Conflict theirs={failed.conflict} onSettle={(keepMine) => settle(failed.conflict, keepMine)} />
            ) : (
              <Problem>{failureWords(failed.failure, texts).title}</Problem>
            ))}
          {!untouched && (
            <>
              <Button
                tone="primary"
                isDisabled={isDisabled || !canAct || outcome === 'saving'}
                onPress={() => void save()}
                testId="sites-save"
              >
                {t('person.save_sites')}
              </Button>
              <Button tone="quiet" onPress={() => setSiteIds(base.site_ids)}>
                {t('person.undo')}
              </Button>
              <span className="text-sm text-soft">{t('person.sites_change', { added, removed })}</span>
            </>
          )}
          {untouched && outcome !== null && outcome !== 'saving' && outcome.ok && (
            <DoneNote testId="sites-saved">{t('person.sites_saved')}</DoneNote>
          )}
        </div>
      )}
    </Section>
  )
}
