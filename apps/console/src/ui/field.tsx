import type { ReactNode, Ref } from 'react'
import { FieldError } from 'react-aria-components/FieldError'
import { Input } from 'react-aria-components/Input'
import { Label } from 'react-aria-components/Label'
import { Text } from 'react-aria-components/Text'
import { TextArea } from 'react-aria-components/TextArea'
import { TextField, type TextFieldProps } from 'react-aria-components/TextField'

const box =
  'w-full rounded border border-line bg-ground px-3 text-text placeholder:text-faint hover:border-faint focus:border-action focus:outline-none disabled:opacity-60 invalid:border-critical data-[invalid]:border-critical'

interface Props extends Omit<TextFieldProps, 'className' | 'style' | 'children'> {
  readonly label: string
  readonly hint?: string | undefined
  readonly error?: string | undefined
  readonly multiline?: number
  readonly placeholder?: string
  readonly hideLabel?: boolean
  readonly testId?: string
  readonly inputRef?: Ref<HTMLInputElement>
  readonly className?: string
  readonly lead?: ReactNode
}

/** A labelled text field with its rule below it, and its error in words where the rule was. */
export function Field({
  label,
  hint,
  error,
  multiline,
  placeholder,
  hideLabel = false,
  testId,
  inputRef,
  className = '',
  lead,
  ...rest
}: Props): ReactNode {
  const marks = {
    ...(testId === undefined ? {} : { 'data-testid': testId }),
    ...(placeholder === undefined ? {} : { placeholder }),
  }
  return (
    <TextField {...rest} isInvalid={error !== undefined} className={`flex flex-col gap-1 ${className}`}>
      <Label className={hideLabel ? 'sr-only' : 'text-sm text-soft'}>{label}</Label>
      <span className="relative flex items-center">
        {lead !== undefined && (
          <span aria-hidden="true" className="pointer-events-none absolute left-3 text-soft">
            {lead}
          </span>
        )}
        {multiline === undefined ? (
          <Input
            ref={inputRef ?? null}
            {...marks}
            className={`${box} h-10 max-md:h-11 ${lead === undefined ? '' : 'pl-9'}`}
          />
        ) : (
          <TextArea rows={multiline} {...marks} className={`${box} resize-y py-2`} />
        )}
      </span>
      {hint !== undefined && error === undefined && (
        <Text slot="description" className="text-sm text-soft">
          {hint}
        </Text>
      )}
      <FieldError className="flex items-center gap-1.5 text-sm text-text before:size-2 before:shrink-0 before:rounded-full before:bg-critical">
        {error}
      </FieldError>
    </TextField>
  )
}
