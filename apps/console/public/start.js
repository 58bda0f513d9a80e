// Runs before anything else. Not a module: it must not wait.
// A light console must not flash dark.
try {
  if (JSON.parse(localStorage.getItem('stam-preferences') || '{}').theme === 'light') {
    document.documentElement.dataset.theme = 'light'
  }
} catch {}
// The schema library would try whether it may generate code; the content security policy says no and reports the attempt.
globalThis.__zod_globalConfig = { jitless: true }
