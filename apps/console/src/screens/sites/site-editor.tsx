import type { SiteDetail } from '@stam/contracts'
import { useNavigate, useParams } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { useForm } from 'react-hook-form'
import { createSite, type SiteResult, updateSite, useSite } from '../../data/sites.ts'
import { useConnection } from '../../data/system.ts'
import { useTexts } from '../../texts/texts.tsx'
import { Button } from '../../ui/button.tsx'
import { Page } from '../../ui/page.tsx'
import { Failed, Loading, SkeletonBlocks } from '../../ui/page-state.tsx'
import { SaveRefused } from '../../ui/save-refused.tsx'
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
          {refusal !== null && (
            <SaveRefused
              refusal={refusal}
              what="site"
              known={{ code: 'SITE_CODE_TAKEN', text: t('site.code_taken') }}
              onSettle={(keep) => void takeTheirs(keep)}
            />
          )}
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
