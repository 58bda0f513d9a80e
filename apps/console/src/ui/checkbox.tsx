import { Check, Minus } from 'lucide-react'
import type { ReactNode } from 'react'
import { Checkbox as AriaCheckbox } from 'react-aria-components/Checkbox'

interface Props {
  readonly label: string
  readonly isSelected: boolean
  readonly onChange: (selected: boolean) => void
  /** Some, but not all of what it stands for. */
  readonly isIndeterminate?: boolean
  readonly isDisabled?: boolean
  readonly testId?: string
}

/** A box to tick, without a visible label of its own: it stands at the head of what it is about. */
export function Checkbox({
  label,
  isSelected,
  onChange,
  isIndeterminate = false,
  isDisabled = false,
  testId,
}: Props): ReactNode {
  return (
    <AriaCheckbox
      aria-label={label}
      isSelected={isSelected}
      isIndeterminate={isIndeterminate}
      isDisabled={isDisabled}
      onChange={onChange}
      {...(testId === undefined ? {} : { 'data-testid': testId })}
      className="group flex size-9 shrink-0 cursor-pointer items-center justify-center rounded disabled:opacity-50 max-md:size-11"
    >
      <span className="flex size-5 items-center justify-center rounded-sm border border-faint bg-ground text-on-action group-hover:border-text group-focus-visible:outline-2 group-focus-visible:outline-action group-selected:border-action group-selected:bg-action group-indeterminate:border-action group-indeterminate:bg-action">
        {isIndeterminate ? (
          <Minus size={14} strokeWidth={3} aria-hidden="true" />
        ) : (
          isSelected && <Check size={14} strokeWidth={3} aria-hidden="true" />
        )}
      </span>
    </AriaCheckbox>
  )
}
