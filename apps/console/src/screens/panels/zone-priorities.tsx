/** Which priority the events of one zone get instead of the default (spec 02). */
import { type EventType, type Panel, priorities, type Zone } from '@stam/contracts'
import { defaultPriorityOf, eventTypeText, priorityText } from '@stam/domain'
import { type ReactNode, useState } from 'react'
import { type PanelResult, setZonePriorities, usePanel } from '../../data/panels.ts'
import { useConnection } from '../../data/system.ts'
import { type Texts, useTexts } from '../../texts/texts.tsx'
import { Button } from '../../ui/button.tsx'
import { SaveRefused } from '../../ui/save-refused.tsx'
import { Segments } from '../../ui/segments.tsx'
import { Sheet } from '../../ui/sheet.tsx'
import { choiceOf, type Overrides, type PriorityChoice, rebased, typesShown, withChoice } from './zone-overrides.ts'

export const zoneName = (zone: Pick<Zone, 'name' | 'number'>, t: Texts['t']): string =>
  zone.name === '' ? t('panel.zone_number', { number: zone.number }) : zone.name

interface Props {
  readonly panel: Panel
  readonly zone: Zone
  readonly onClose: () => void
}

/** A refusal over an older version keeps what was chosen, and offers what the other person saved. */
export function ZonePrioritiesSheet({ panel, zone, onClose }: Props): ReactNode {
  const { t, of } = useTexts()
  const { canAct } = useConnection()
  const query = usePanel(panel.id)
  // What the sheet was opened on; a change from elsewhere must not slip under the choosing.
  const [base, setBase] = useState({ version: panel.version, overrides: zone.priority_overrides })
  const [chosen, setChosen] = useState<Overrides>(zone.priority_overrides)
  const [refusal, setRefusal] = useState<Extract<PanelResult, { ok: false }> | null>(null)
  const [sending, setSending] = useState(false)
  const types = typesShown(base.overrides, chosen)

  const save = async (): Promise<void> => {
    if (sending || !canAct) return
    setSending(true)
    const result = await setZonePriorities(panel.id, zone.number, base.version, chosen)
    setSending(false)
    if (result.ok) return onClose()
    setRefusal(result)
  }
  const settle = async (keepMine: boolean): Promise<void> => {
    const { data: fresh } = await query.refetch()
    if (fresh === undefined) return
    const overrides = fresh.zones.find(({ number }) => number === zone.number)?.priority_overrides ?? {}
    setChosen(keepMine ? rebased(base.overrides, chosen, overrides) : overrides)
    setBase({ version: fresh.panel.version, overrides })
    setRefusal(null)
  }
  const options = (type: EventType): { value: PriorityChoice; label: string }[] => [
    { value: 'default', label: t('zone_priority.default', { priority: of(priorityText[defaultPriorityOf(type)]) }) },
    ...priorities.map((value) => ({ value, label: of(priorityText[value]) })),
  ]
  return (
    <Sheet
      isOpen
      onClose={onClose}
      title={t('zone_priority.title', { number: zone.number, name: zoneName(zone, t) })}
      testId="zone-priorities"
    >
      <form
        className="flex min-h-0 flex-col"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          void save()
        }}
      >
        <div className="flex min-h-0 flex-col gap-4 overflow-y-auto p-5">
          <p className="text-soft">{t('zone_priority.effect')}</p>
          {types.map((type) => (
            <Segments<PriorityChoice>
              key={type}
              label={of(eventTypeText[type])}
              hideLabel={false}
              testId={`zone-priority-${type}`}
              value={choiceOf(chosen, type)}
              onChange={(choice) => setChosen(withChoice(chosen, type, choice))}
              options={options(type)}
            />
          ))}
          <p className="text-sm text-soft">{t('zone_priority.sound')}</p>
        </div>
        <footer className="flex flex-wrap items-center justify-end gap-2 border-t border-line p-4">
          {refusal !== null && (
            <div className="flex basis-full">
              <SaveRefused refusal={refusal} what="zone" onSettle={(keep) => void settle(keep)} />
            </div>
          )}
          <Button onPress={onClose}>{t('action.cancel')}</Button>
          <Button tone="primary" type="submit" testId="zone-save" isDisabled={!canAct || sending}>
            {t('site.save')}
          </Button>
        </footer>
      </form>
    </Sheet>
  )
}
