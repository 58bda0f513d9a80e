import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

/** React Aria ships its few dozen phrases in over thirty languages; ours are two. */
function ownLanguagesOnly(): Plugin {
  const phrases =
    /[\\/](?:react-aria|react-stately|react-aria-components|@react-aria|@react-stately)[\\/].*[\\/]intl[\\/](?:.*[\\/])?([a-z]{2}-[A-Z]{2})\.m?js$/
  return {
    name: 'own-languages-only',
    enforce: 'pre',
    load(id) {
      const language = phrases.exec(id)?.[1]
      if (language === undefined || language === 'pl-PL' || language === 'en-US') return null
      return 'export default {}'
    },
  }
}

/** Where `vite` finds the API while developing: the centre of dev/main.ts or a real station. */
const centre = 'http://localhost:4173'

export default defineConfig({
  plugins: [ownLanguagesOnly(), react(), tailwindcss()],
  build: {
    target: 'es2022',
    sourcemap: false,
    // A preload shim would be an inline script's cousin; the policy allows files only.
    modulePreload: { polyfill: false },
    // Nothing may arrive as a data: URL either.
    assetsInlineLimit: 0,
  },
  server: { proxy: { '/api': centre, '/simulator': centre, '/dev': centre, '/ws': { target: centre, ws: true } } },
})
