import './styles/base.css'
import { createRoot } from 'react-dom/client'
import { z } from 'zod'
import { Root } from './app/root.tsx'
import { startLifeline } from './data/lifeline.ts'
import { listenToKeyboard } from './keyboard/keyboard.ts'
import { loadTexts } from './texts/texts.tsx'

// Generated code would need 'unsafe-eval', which the content security policy rightly refuses.
z.config({ jitless: true })

// A second window on a wall: the queue alone in large type (`?wall`).
document.documentElement.classList.toggle('wall', new URLSearchParams(location.search).has('wall'))

const place = document.getElementById('root')
if (place !== null) {
  listenToKeyboard()
  startLifeline()
  void loadTexts().then(() => createRoot(place).render(<Root />))
}
