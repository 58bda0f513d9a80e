import { alarmHeadline, priorityText } from '@stam/domain'
import { useMatch, useNavigate } from '@tanstack/react-router'
import { type ReactNode, useEffect } from 'react'
import { reportPresented, useBoard } from '../data/alarms.ts'
import { rings } from '../sound/sound-decision.ts'
import { useTexts } from '../texts/texts.tsx'
import { PriorityShape } from '../ui/priority-shape.tsx'
import { Age } from '../ui/ticking.tsx'
import { useLayout } from '../ui/use-layout.ts'

/** Away from the queue, a critical alarm nobody has still stands on the screen, one press away. */
export function CriticalStrip(): ReactNode {
  const { t, of, language } = useTexts()
  const board = useBoard()
  const navigate = useNavigate()
  const split = useLayout() === 'split'
  const queue = useMatch({ from: '/alarms', shouldThrow: false }) !== undefined
  const open = useMatch({ from: '/alarms/$alarmId', shouldThrow: false })?.params.alarmId
  // The board is newest first, so the first that rings is the newest.
  const waiting =
    queue && (split || open === undefined) ? [] : board.all().filter((alarm) => rings(alarm) && alarm.id !== open)
  const newest = waiting[0]
  useEffect(() => {
    if (newest !== undefined) reportPresented([newest.id])
  }, [newest])
  if (newest === undefined) return null
  return (
    <button
      type="button"
      data-testid="critical-strip"
      onClick={() => void navigate({ to: '/alarms/$alarmId', params: { alarmId: newest.id } })}
      className="flex min-h-12 w-full shrink-0 items-center gap-3 border-b-2 border-ground bg-critical px-4 py-2 text-left text-on-critical hover:brightness-110"
    >
      <PriorityShape priority="CRITICAL" inverse size={20} className="pulse" />
      <span className="min-w-0 flex-1">
        <span className="sr-only">{of(priorityText.CRITICAL)}: </span>
        <b className="font-semibold">{newest.site.name}</b> <span>— {alarmHeadline(newest, language)}</span>
      </span>
      {waiting.length > 1 && (
        <span className="text-sm whitespace-nowrap max-md:hidden">
          {t('strip.more', { count: waiting.length - 1 })}
        </span>
      )}
      <Age since={newest.first_seen} className="font-semibold" />
    </button>
  )
}
