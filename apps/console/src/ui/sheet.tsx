import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { Dialog } from 'react-aria-components/Dialog'
import { Heading } from 'react-aria-components/Heading'
import { Modal, ModalOverlay } from 'react-aria-components/Modal'
import { useTexts } from '../texts/texts.tsx'
import { IconButton } from './button.tsx'

interface Props {
  readonly title: string
  readonly isOpen: boolean
  readonly onClose: () => void
  readonly children: ReactNode
  readonly width?: 'md' | 'lg'
  readonly testId?: string
  /** False: closed by its own buttons only, for what is shown once. */
  readonly dismissable?: boolean
  /** Without a visible title row (command palette). */
  readonly bare?: boolean
}

/** A dialog over the screen; Esc closes it, focus returns to where it was. On a phone it comes from below. */
export function Sheet({
  title,
  isOpen,
  onClose,
  children,
  width = 'md',
  testId,
  bare = false,
  dismissable = true,
}: Props): ReactNode {
  const { t } = useTexts()
  return (
    <ModalOverlay
      isOpen={isOpen}
      onOpenChange={(open) => !open && onClose()}
      isDismissable={dismissable}
      isKeyboardDismissDisabled={!dismissable}
      className="fade-in fixed inset-0 z-50 flex items-start justify-center bg-[rgb(0_0_0/0.55)] p-4 pt-[10vh] max-md:items-end max-md:p-0"
    >
      <Modal
        className={`flex max-h-[80vh] w-full flex-col overflow-hidden rounded border border-line bg-raised shadow-raised max-md:max-h-[90dvh] max-md:rounded-b-none ${width === 'lg' ? 'max-w-[880px]' : 'max-w-[560px]'}`}
      >
        <Dialog
          className="flex min-h-0 flex-1 flex-col outline-none"
          {...(testId === undefined ? {} : { 'data-testid': testId })}
        >
          <div
            className={
              bare ? 'sr-only' : 'flex items-center justify-between gap-4 border-b border-line min-h-12 py-2 pr-2 pl-5'
            }
          >
            <Heading slot="title" className="text-lg font-semibold">
              {title}
            </Heading>
            {!bare && dismissable && (
              <IconButton label={t('action.close_dialog')} onPress={onClose}>
                <X size={18} aria-hidden="true" />
              </IconButton>
            )}
          </div>
          {children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}
