import type { ReactNode, Ref } from 'react'
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from 'react-aria-components/Button'
import { usePreference } from '../data/preferences.ts'
import { type ShortcutId, printedKey, shortcuts } from '../keyboard/shortcuts.ts'

export type Tone = 'primary' | 'secondary' | 'quiet' | 'danger'

const tones: Record<Tone, string> = {
  primary:
    'bg-action text-on-action font-semibold hover:brightness-110 disabled:bg-line disabled:text-soft disabled:brightness-100',
  secondary:
    'bg-raised text-text border border-line hover:border-soft disabled:text-soft disabled:border-line disabled:opacity-70',
  quiet: 'text-soft hover:text-text hover:bg-hover disabled:opacity-60',
  danger: 'bg-critical text-on-critical font-semibold hover:brightness-110 disabled:bg-line disabled:text-soft',
}

interface Props extends Omit<AriaButtonProps, 'className' | 'style' | 'children'> {
  readonly tone?: Tone
  readonly size?: 'sm' | 'md' | 'lg'
  readonly shortcut?: ShortcutId | undefined
  /** Printed instead of a shortcut's key, for keys that belong to a field (Ctrl ⏎). */
  readonly keyHint?: string | undefined
  readonly children: ReactNode
  readonly className?: string
  readonly testId?: string
  readonly ref?: Ref<HTMLButtonElement>
}

const sizes = { sm: 'h-8 px-3 text-sm max-md:h-11', md: 'h-10 px-4 max-md:h-11', lg: 'h-12 px-5' }

export function Button({
  tone = 'secondary',
  size = 'md',
  shortcut,
  keyHint,
  children,
  className = '',
  testId,
  ...rest
}: Props): ReactNode {
  return (
    <AriaButton
      {...rest}
      {...(testId === undefined ? {} : { 'data-testid': testId })}
      className={`inline-flex shrink-0 items-center justify-center gap-2 rounded whitespace-nowrap transition-colors select-none ${sizes[size]} ${tones[tone]} ${className}`}
    >
      {children}
      {shortcut !== undefined && <KeyHint stroke={shortcuts[shortcut].keys[0]} />}
      {shortcut === undefined && keyHint !== undefined && <KeyHint stroke={keyHint} always />}
    </AriaButton>
  )
}

/** The key printed on a control; gone on phones, and when single keys are switched off. */
export function KeyHint({ stroke, always = false }: { readonly stroke: string; readonly always?: boolean }): ReactNode {
  const on = usePreference('singleKeys')
  if (!on && !always) return null
  return (
    <kbd
      aria-hidden="true"
      className="rounded-sm border border-current px-1 font-sans text-xs leading-4 font-medium max-md:hidden"
    >
      {printedKey(stroke)}
    </kbd>
  )
}

interface IconButtonProps extends Omit<AriaButtonProps, 'className' | 'style' | 'children'> {
  readonly label: string
  readonly children: ReactNode
  readonly className?: string
  readonly testId?: string
}

/** A button with a picture only: always labelled. */
export function IconButton({ label, children, className = '', testId, ...rest }: IconButtonProps): ReactNode {
  return (
    <AriaButton
      {...rest}
      aria-label={label}
      {...(testId === undefined ? {} : { 'data-testid': testId })}
      className={`inline-flex size-9 shrink-0 items-center justify-center rounded text-soft transition-colors hover:bg-hover hover:text-text disabled:opacity-50 max-md:size-11 ${className}`}
    >
      {children}
    </AriaButton>
  )
}
