import './styles/base.css'
import { createRoot } from 'react-dom/client'
import { Root } from './app/root.tsx'
import { startLifeline } from './data/lifeline.ts'
import { listenToKeyboard } from './keyboard/keyboard.ts'
import { startSound } from './sound/alarm-sound.ts'
import { loadTexts } from './texts/texts.tsx'

// A second window on a wall: the queue alone in large type (`?wall`).
document.documentElement.classList.toggle('wall', new URLSearchParams(location.search).has('wall'))

const place = document.getElementById('root')
if (place !== null) {
  listenToKeyboard()
  startLifeline(startSound)
  void loadTexts().then(() => createRoot(place).render(<Root />))
}
