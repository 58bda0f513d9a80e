import { Check, ChevronDown } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button } from 'react-aria-components/Button'
import { Label } from 'react-aria-components/Label'
import { ListBox, ListBoxItem } from 'react-aria-components/ListBox'
import { Popover } from 'react-aria-components/Popover'
import { Select, SelectValue } from 'react-aria-components/Select'
import type { ChoiceProps } from './segments.tsx'

/** Choosing one of many: a list that opens. */
export function Choice<T extends string>({
  label,
  value,
  options,
  onChange,
  hideLabel = false,
  testId,
  isDisabled = false,
}: ChoiceProps<T>): ReactNode {
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
