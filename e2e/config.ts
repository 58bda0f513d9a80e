/** Where the browser is and how it must be started here; the only reader of the environment in this folder. */
export const chromiumPath = process.env['STAM_CHROMIUM'] ?? '/usr/bin/chromium'
export const chromiumFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
