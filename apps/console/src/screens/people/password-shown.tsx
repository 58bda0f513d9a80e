import { Check, Copy } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { useTexts } from '../../texts/texts.tsx'
import { Button } from '../../ui/button.tsx'
import { Sheet } from '../../ui/sheet.tsx'

interface Props {
  readonly name: string
  readonly email: string
  readonly password: string
  readonly onClose: () => void
}

/** A temporary password, once: it closes by its button only, because there is no second look. */
export function PasswordShown({ name, email, password, onClose }: Props): ReactNode {
  const { t } = useTexts()
  const [copied, setCopied] = useState(false)
  const copy = (): void => {
    // Missing on plain-HTTP origins; the password is on the screen to be written down either way.
    navigator.clipboard?.writeText(password).then(
      () => setCopied(true),
      () => setCopied(false),
    )
  }
  return (
    <Sheet isOpen onClose={onClose} dismissable={false} title={t('given.title')} testId="password-given">
      <div className="flex flex-col gap-4 overflow-y-auto p-5">
        <p>{t('given.body', { name })}</p>
        <p className="rounded border border-line bg-ground p-4 text-center">
          <span className="block text-sm break-words text-soft">{email}</span>
          <output
            data-testid="temporary-password"
            aria-label={t('given.password')}
            className="mt-1 block text-2xl font-semibold tracking-wider break-all select-all max-md:text-xl"
          >
            {password}
          </output>
        </p>
        <p className="text-soft">{t('given.once')}</p>
        <div className="flex flex-wrap justify-end gap-2">
          {'clipboard' in navigator && (
            <Button onPress={copy} testId="password-copy">
              {copied ? <Check size={16} aria-hidden="true" /> : <Copy size={16} aria-hidden="true" />}
              {t(copied ? 'given.copied' : 'given.copy')}
            </Button>
          )}
          <Button tone="primary" autoFocus onPress={onClose} testId="password-noted">
            {t('given.noted')}
          </Button>
        </div>
      </div>
    </Sheet>
  )
}
