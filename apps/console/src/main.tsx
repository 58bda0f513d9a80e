import './styles/base.css'
import { createRoot } from 'react-dom/client'
import { Root } from './app/root.tsx'
import { startLifeline } from './data/lifeline.ts'
import { listenToKeyboard } from './keyboard/keyboard.ts'
import { startSound } from './sound/alarm-sound.ts'
import { isWall } from './ui/use-layout.ts'
import { loadTexts } from './texts/texts.tsx'

document.documentElement.classList.toggle('wall', isWall)

const place = document.getElementById('root')
if (place !== null) {
  listenToKeyboard()
  startLifeline(startSound)
  void loadTexts().then(() => createRoot(place).render(<Root />))
}
