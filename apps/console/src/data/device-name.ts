/** What a person recognises a signed-in device by: browser and system, `Chrome 140 · Windows`. Pure. */
const browsers: readonly (readonly [string, RegExp])[] = [
  ['Edge', /\bEdg(?:A|iOS)?\/(\d+)/],
  ['Opera', /\bOPR\/(\d+)/],
  ['Samsung Internet', /\bSamsungBrowser\/(\d+)/],
  ['Firefox', /\b(?:Firefox|FxiOS)\/(\d+)/],
  ['Chrome', /\b(?:Chrome|Chromium|CriOS|HeadlessChrome)\/(\d+)/],
  ['Safari', /\bVersion\/(\d+)[\d.]* (?:Mobile\/\S+ )?Safari\//],
]
const systems: readonly (readonly [string, RegExp])[] = [
  ['Windows', /\bWindows\b/],
  ['Android', /\bAndroid\b/],
  ['iPhone', /\biPhone\b/],
  ['iPad', /\biPad\b/],
  ['macOS', /\bMac OS X\b/],
  ['ChromeOS', /\bCrOS\b/],
  ['Linux', /\bLinux\b/],
]

export function deviceNameOf(userAgent: string): string {
  const browser = browsers.find(([, pattern]) => pattern.test(userAgent))
  const system = systems.find(([, pattern]) => pattern.test(userAgent))?.[0]
  const named = browser === undefined ? undefined : `${browser[0]} ${browser[1].exec(userAgent)?.[1] ?? ''}`.trim()
  return [named, system].filter((part) => part !== undefined).join(' · ') || userAgent.slice(0, 60)
}

/** Whether the name speaks of something held in a hand. */
export const isHandheld = (device: string): boolean => /\b(?:Android|iPhone|iPad)\b/.test(device)
