import { type CalendarDateTime, parseDateTime } from '@internationalized/date'
import type { ReactNode } from 'react'
import { DateField, DateInput, DateSegment } from 'react-aria-components/DateField'
import { Label } from 'react-aria-components/Label'

interface Props {
  readonly label: string
  /** `2026-11-21T21:04`, without a zone: what the clock of the centre shows. */
  readonly value: string | undefined
  /** Undefined when it was emptied; not called while only a part is filled in. */
  readonly onChange: (value: string | undefined) => void
  readonly testId?: string
}

/**
 * A date and a time to the minute, typed or stepped with the arrow keys part by part: in the order of the reader's language, which the browser's own
 * field takes from the browser, and on the clock of 24 hours.
 */
export function DateTimeField({ label, value, onChange, testId }: Props): ReactNode {
  return (
    <DateField<CalendarDateTime>
      value={momentOf(value)}
      onChange={(next) => onChange(next?.toString().slice(0, 16))}
      granularity="minute"
      hourCycle={24}
      shouldForceLeadingZeros
      className="flex flex-col gap-1 max-md:flex-1"
    >
      <Label className="text-sm text-soft">{label}</Label>
      <DateInput
        {...(testId === undefined ? {} : { 'data-testid': testId })}
        className="flex h-10 items-center rounded border border-line bg-ground px-3 whitespace-nowrap focus-within:border-action hover:border-faint max-md:h-11"
      >
        {(segment) => (
          <DateSegment
            segment={segment}
            className="rounded-sm px-0.5 tabular-nums outline-none data-[focused]:bg-action data-[focused]:text-on-action data-[placeholder]:text-soft data-[type=literal]:px-0 data-[type=literal]:whitespace-pre data-[type=literal]:text-soft"
          />
        )}
      </DateInput>
    </DateField>
  )
}

function momentOf(value: string | undefined): CalendarDateTime | null {
  try {
    return value === undefined ? null : parseDateTime(value)
  } catch {
    return null
  }
}
