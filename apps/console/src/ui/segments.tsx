/** Choosing one of few: a row of segments, exactly one of them on. */
import type { ReactNode } from 'react'
import { Label } from 'react-aria-components/Label'
import { Radio, RadioGroup } from 'react-aria-components/RadioGroup'

export interface Option<T extends string> {
  readonly value: T
  readonly label: string
  readonly hint?: string
}

export interface ChoiceProps<T extends string> {
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
}: ChoiceProps<T>): ReactNode {
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
            className="relative inline-flex h-8 cursor-pointer items-center gap-2 rounded border border-line px-3 text-sm text-soft select-none hover:text-text selected:border-action selected:bg-action-tint selected:text-text disabled:opacity-60 max-md:h-11"
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
