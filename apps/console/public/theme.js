// Runs before anything is drawn, so that a light console does not flash dark. Not a module: it must not wait.
try {
  if (JSON.parse(localStorage.getItem('stam-preferences') || '{}').theme === 'light') {
    document.documentElement.dataset.theme = 'light'
  }
} catch {}
