import type { SiteDetail } from '@stam/contracts'
import { useNavigate, useParams } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { useForm } from 'react-hook-form'
import { createSite, type SiteResult, updateSite, useSite } from '../../data/sites.ts'
import { useConnection } from '../../data/system.ts'
import { serverNow } from '../../data/server-clock.ts'
import { useTexts } from '../../texts/texts.tsx'
import { moment } from '../../texts/time.ts'
import { Button } from '../../ui/button.tsx'
import { Page } from '../../ui/page.tsx'
import { Failed, failureWords, Loading, SkeletonBlocks } from '../../ui/page-state.tsx'
import { ContactFields, DataFields, ProcedureFields, SettingFields } from './site-fields.tsx'
import { createRequest, emptySite, formOf, type SiteForm, updateRequest } from './site-form.ts'

export function NewSiteScreen(): ReactNode {
  return <Editor before={null} />
}

export function EditSiteScreen(): ReactNode {
  const { siteId } = useParams({ from: '/sites/$siteId/edit' })
  const { t } = useTexts()
  const query = useSite(siteId)
  if (query.data !== undefined)
    return <Editor before={query.data} reload={async () => (await query.refetch()).data ?? null} />
  return (
    <Page title={t('site.edit')} back="/sites">
      {query.isError ? (
        <Failed error={query.error} onRetry={() => void query.refetch()} />
      ) : (
        <Loading onRetry={() => void query.refetch()}>
          <SkeletonBlocks />
        </Loading>
      )}
    </Page>
  )
}

interface EditorProps {
  readonly before: SiteDetail | null
  readonly reload?: () => Promise<SiteDetail | null>
}

/** Create and edit. A refusal over an older version keeps every typed word and offers the other person's version. */
function Editor({ before, reload }: EditorProps): ReactNode {
  const { t } = useTexts()
  const navigate = useNavigate()
  const { canAct } = useConnection()
  // The version the form was opened on; live changes of the site must not slip under the typing.
  const [base, setBase] = useState(before)
  const [refusal, setRefusal] = useState<Extract<SiteResult, { ok: false }> | null>(null)
  const form = useForm<SiteForm>({ defaultValues: base === null ? emptySite : formOf(base) })
  const { control, handleSubmit, formState } = form
  const save = handleSubmit(async (values) => {
    const result =
      base === null
        ? await createSite(createRequest(values))
        : await updateSite(base.site.id, updateRequest(values, base.site.version))
    if (result.ok) return void navigate({ to: '/sites/$siteId', params: { siteId: result.id } })
    setRefusal(result)
  })
  const takeTheirs = async (keepMine: boolean): Promise<void> => {
    const fresh = await reload?.()
    if (fresh === null || fresh === undefined) return
    setBase(fresh)
    setRefusal(null)
    if (!keepMine) form.reset(formOf(fresh))
  }
  return (
    <Page title={base === null ? t('site.new') : t('site.edit_title', { name: base.site.name })} back="/sites">
      <form
        noValidate
        onSubmit={(event) => void save(event)}
        className="flex min-h-0 flex-1 flex-col"
        data-testid="site-form"
      >
        <div className="grid flex-1 items-start gap-4 p-4 lg:grid-cols-2">
          <div className="flex flex-col gap-4">
            <DataFields control={control} />
            <SettingFields control={control} />
          </div>
          <div className="flex flex-col gap-4">
            <ContactFields control={control} />
            <ProcedureFields control={control} />
          </div>
        </div>
        <footer className="sticky bottom-0 flex flex-wrap items-center justify-end gap-2 border-t border-line bg-surface p-4">
          {refusal !== null && <Refusal refusal={refusal} onReload={(keep) => void takeTheirs(keep)} />}
          <Button
            onPress={() =>
              void (base === null
                ? navigate({ to: '/sites' })
                : navigate({ to: '/sites/$siteId', params: { siteId: base.site.id } }))
            }
          >
            {t('action.cancel')}
          </Button>
          <Button
            tone="primary"
            type="submit"
            size="lg"
            testId="site-save"
            isDisabled={!canAct || formState.isSubmitting}
          >
            {t('site.save')}
          </Button>
        </footer>
      </form>
    </Page>
  )
}

function Refusal({
  refusal,
  onReload,
}: {
  readonly refusal: Extract<SiteResult, { ok: false }>
  readonly onReload: (keepMine: boolean) => void
}): ReactNode {
  const texts = useTexts()
  const { t, language } = texts
  if ('failure' in refusal) {
    const taken = refusal.failure.kind === 'refused' && refusal.failure.code === 'SITE_CODE_TAKEN'
    const words = failureWords(refusal.failure, texts)
    return (
      <p role="alert" className="mr-auto min-w-0 flex-1 rounded border border-critical bg-critical-tint px-3 py-2">
        <b className="font-semibold">{taken ? t('site.code_taken') : words.title}</b> {taken ? '' : words.body}
      </p>
    )
  }
  const { changedBy, changedAt } = refusal.conflict
  const when = changedAt === null ? '' : moment(Date.parse(changedAt), serverNow(), language)
  return (
    <div
      role="alert"
      data-testid="site-conflict"
      className="mr-auto flex min-w-0 flex-1 flex-wrap items-center gap-3 rounded border border-warning bg-warning-tint px-3 py-2"
    >
      <p className="min-w-[200px] flex-1">
        <b className="font-semibold">{t('conflict.changed', { name: changedBy ?? t('conflict.somebody'), when })}</b>{' '}
        {t('site.conflict_kept')}
      </p>
      <Button size="sm" onPress={() => onReload(false)} testId="site-conflict-theirs">
        {t('site.conflict_theirs')}
      </Button>
      <Button size="sm" onPress={() => onReload(true)} testId="site-conflict-mine">
        {t('site.conflict_mine')}
      </Button>
    </div>
  )
}
