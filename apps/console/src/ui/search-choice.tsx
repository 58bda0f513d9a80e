import { X } from 'lucide-react'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { ComboBox } from 'react-aria-components/ComboBox'
import { Input } from 'react-aria-components/Input'
import { Label } from 'react-aria-components/Label'
import { ListBox, ListBoxItem } from 'react-aria-components/ListBox'
import { Popover } from 'react-aria-components/Popover'
import { useTexts } from '../texts/texts.tsx'
import { IconButton } from './button.tsx'
import { useSettled } from './use-settled.ts'

export interface Found {
  readonly id: string
  readonly label: string
  readonly aside?: string | undefined
}

interface Props {
  readonly label: string
  readonly placeholder: string
  /** Asked a moment after the typing stops; an empty text gives the first few. */
  readonly search: (text: string, signal: AbortSignal) => Promise<readonly Found[]>
  readonly onChoose: (found: Found) => void
  /** What is chosen now; with it the field shows its name and a way to clear it. */
  readonly chosen?: ReactNode
  readonly onClear?: () => void
  readonly hideLabel?: boolean
  readonly isDisabled?: boolean
  readonly testId?: string
}

/** Choosing one of very many by typing a part of its name. */
export function SearchChoice({
  label,
  placeholder,
  search,
  onChoose,
  chosen = null,
  onClear,
  hideLabel = false,
  isDisabled = false,
  testId,
}: Props): ReactNode {
  const { t } = useTexts()
  const [text, setText] = useState('')
  const [open, setOpen] = useState(false)
  const { found, state } = useFound(search, text, open)
  if (chosen !== null) {
    return (
      <div className="flex min-w-0 flex-col gap-1">
        <span className={hideLabel ? 'sr-only' : 'text-sm text-soft'}>{label}</span>
        <span className="flex h-10 items-center justify-between gap-1 rounded border border-action bg-action-tint pl-3 max-md:h-11">
          <span className="truncate">{chosen}</span>
          <IconButton label={t('choice.clear', { label })} onPress={() => onClear?.()}>
            <X size={16} aria-hidden="true" />
          </IconButton>
        </span>
      </div>
    )
  }
  return (
    <ComboBox
      items={found}
      inputValue={text}
      onInputChange={setText}
      onOpenChange={setOpen}
      selectedKey={null}
      onSelectionChange={(key) => {
        const one = found.find(({ id }) => id === key)
        if (one === undefined) return
        setText('')
        onChoose(one)
      }}
      defaultFilter={() => true}
      allowsEmptyCollection
      menuTrigger="focus"
      isDisabled={isDisabled}
      className="flex min-w-0 flex-col gap-1"
    >
      <Label className={hideLabel ? 'sr-only' : 'text-sm text-soft'}>{label}</Label>
      <Input
        placeholder={placeholder}
        {...(testId === undefined ? {} : { 'data-testid': testId })}
        className="h-10 w-full rounded border border-line bg-ground px-3 placeholder:text-soft hover:border-faint focus:border-action focus:outline-none disabled:opacity-60 max-md:h-11"
      />
      <Popover className="w-(--trigger-width) min-w-72 rounded border border-line bg-raised p-1 shadow-raised">
        <ListBox
          className="max-h-80 overflow-auto outline-none"
          renderEmptyState={() => (
            <p role="status" className="px-3 py-2 text-soft">
              {t(state === 'failed' ? 'choice.failed' : state === 'asking' ? 'state.loading' : 'choice.nothing')}
            </p>
          )}
        >
          {(one: Found) => (
            <ListBoxItem
              id={one.id}
              textValue={one.label}
              className="flex min-h-10 cursor-pointer items-center justify-between gap-4 rounded-sm px-3 py-1.5 outline-none hover:bg-hover focus:bg-hover max-md:min-h-11"
            >
              <span className="min-w-0 truncate">{one.label}</span>
              {one.aside !== undefined && <span className="shrink-0 text-sm text-soft">{one.aside}</span>}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  )
}

function useFound(search: Props['search'], text: string, open: boolean) {
  const wanted = useSettled(text.trim(), 200)
  const latest = useRef(search)
  useEffect(() => {
    latest.current = search
  })
  const [answer, setAnswer] = useState<{ found: readonly Found[]; state: 'asking' | 'done' | 'failed' }>({
    found: [],
    state: 'asking',
  })
  useEffect(() => {
    if (!open) return
    const stop = new AbortController()
    latest.current(wanted, stop.signal).then(
      (found) => {
        if (!stop.signal.aborted) setAnswer({ found, state: 'done' })
      },
      () => {
        if (!stop.signal.aborted) setAnswer({ found: [], state: 'failed' })
      },
    )
    return () => stop.abort()
  }, [wanted, open])
  return answer
}
