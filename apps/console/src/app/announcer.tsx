import { alarmHeadline } from '@stam/domain'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { onBoardChange } from '../data/alarms.ts'
import { rings } from '../sound/sound-decision.ts'
import { useTexts } from '../texts/texts.tsx'

/** Tells assistive technology of each new critical alarm once; many at the same moment become one sentence. */
export function Announcer(): ReactNode {
  const { t, language } = useTexts()
  const [words, setWords] = useState('')
  const said = useRef(new Set<string>())
  useEffect(
    () =>
      onBoardChange(({ arrived }) => {
        const fresh = arrived.filter((alarm) => rings(alarm) && !said.current.has(alarm.id))
        const first = fresh[0]
        if (first === undefined) return
        for (const alarm of fresh) said.current.add(alarm.id)
        setWords(
          fresh.length === 1
            ? t('announce.one', { site: first.site.name, what: alarmHeadline(first, language) })
            : t('announce.many', { count: fresh.length }),
        )
      }),
    [t, language],
  )
  return (
    <div role="alert" aria-live="assertive" className="sr-only" data-testid="announcer">
      {words}
    </div>
  )
}
