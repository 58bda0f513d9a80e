/** Which of the two overlays that any screen may ask for is open. */
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'

const overlays = createStore<{ readonly help: boolean; readonly palette: boolean }>(() => ({
  help: false,
  palette: false,
}))

export const useOverlays = (): { readonly help: boolean; readonly palette: boolean } => useStore(overlays)
export const showHelp = (help: boolean): void => overlays.setState({ help, palette: false })
export const showPalette = (palette: boolean): void => overlays.setState({ palette, help: false })
