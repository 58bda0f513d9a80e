/** Choosing one of few: segments for views and filters, a select for long lists. */
import { Check, ChevronDown } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button } from 'react-aria-components/Button'
import { Label } from 'react-aria-components/Label'
import { ListBox, ListBoxItem } from 'react-aria-components/ListBox'
import { Popover } from 'react-aria-components/Popover'
import { Radio, RadioGroup } from 'react-aria-components/RadioGroup'
import { Select, SelectValue } from 'react-aria-components/Select'

export interface Option<T extends string> {
  readonly value: T
  readonly label: string
  readonly hint?: string
}

interface Props<T extends string> {
  readonly label: string
  readonly value: T | null
  readonly options: readonly Option<T>[]
  readonly onChange: (value: T) => void
  readonly hideLabel?: boolean
  readonly testId?: string
  readonly isDisabled?: boolean
}

/** A row of segments; exactly one is on. */
export function Segments<T extends string>({
  label,
  value,
  options,
  onChange,
  hideLabel = true,
  testId,
  isDisabled = false,
}: Props<T>): ReactNode {
  return (
    <RadioGroup
      value={value}
      onChange={(next) => onChange(next as T)}
      isDisabled={isDisabled}
      orientation="horizontal"
      className="flex flex-col gap-1"
      {...(testId === undefined ? {} : { 'data-testid': testId })}
    >
      <Label className={hideLabel ? 'sr-only' : 'text-sm text-soft'}>{label}</Label>
      <span className="flex flex-wrap gap-1">
        {options.map((option) => (
          <Radio
            key={option.value}
            value={option.value}
            data-testid={testId === undefined ? undefined : `${testId}-${option.value}`}
            className="inline-flex h-8 cursor-pointer items-center gap-2 rounded border border-line px-3 text-sm text-soft select-none hover:text-text selected:border-action selected:bg-action-tint selected:text-text disabled:opacity-60 max-md:h-11"
          >
            {option.label}
            {option.hint !== undefined && (
              <kbd className="font-sans text-xs opacity-80 max-md:hidden">{option.hint}</kbd>
            )}
          </Radio>
        ))}
      </span>
    </RadioGroup>
  )
}

export function Choice<T extends string>({
  label,
  value,
  options,
  onChange,
  hideLabel = false,
  testId,
  isDisabled = false,
}: Props<T>): ReactNode {
  return (
    <Select
      value={value}
      onChange={(next) => next !== null && onChange(next as T)}
      isDisabled={isDisabled}
      className="flex flex-col gap-1"
    >
      <Label className={hideLabel ? 'sr-only' : 'text-sm text-soft'}>{label}</Label>
      <Button
        {...(testId === undefined ? {} : { 'data-testid': testId })}
        className="flex h-10 items-center justify-between gap-2 rounded border border-line bg-ground px-3 text-left hover:border-faint disabled:opacity-60 max-md:h-11"
      >
        <SelectValue className="truncate" />
        <ChevronDown size={16} aria-hidden="true" className="shrink-0 text-soft" />
      </Button>
      <Popover className="min-w-(--trigger-width) rounded border border-line bg-raised p-1 shadow-raised">
        <ListBox className="max-h-80 overflow-auto outline-none">
          {options.map((option) => (
            <ListBoxItem
              key={option.value}
              id={option.value}
              textValue={option.label}
              className="flex cursor-pointer items-center justify-between gap-4 rounded-sm px-3 py-2 outline-none hover:bg-hover focus:bg-hover"
            >
              {({ isSelected }) => (
                <>
                  {option.label}
                  {isSelected && <Check size={16} aria-hidden="true" />}
                </>
              )}
            </ListBoxItem>
          ))}
        </ListBox>
      </Popover>
    </Select>
  )
}
