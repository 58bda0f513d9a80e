/**
 * Which passwords are refused as obvious (spec 06): well-known ones with their usual disguises, runs and repetitions,
 * and anything made of the person's own name or address. Length is checked by the schema.
 */
const WELL_KNOWN = new Set(
  (
    'password passw haslo haslohaslo admin administrator master operator welcome witaj qwerty qwertyuiop asdfgh asdfghjkl ' +
    'zxcvbnm letmein iloveyou kochamcie monkey dragon football polska polskapolska warszawa krakow gdansk samsung ' +
    'alarm stam satel integra monitoring ochrona security secret sekret tajne zaq12wsx qazwsx 1qaz2wsx abc123 trustno1 ' +
    'changeme zmienmnie default test testtest demo guest root superman batman sunshine princess shadow michal marcin ' +
    'mateusz karolina bartek damian agnieszka komputer internet lato zima wiosna jesien'
  ).split(' '),
)
const DISGUISE: Readonly<Record<string, string>> = {
  '@': 'a',
  '4': 'a',
  '3': 'e',
  '1': 'i',
  '!': 'i',
  '0': 'o',
  $: 's',
  '5': 's',
}
const RUNS = ['abcdefghijklmnopqrstuvwxyz', '01234567890123456789', 'qwertyuiopasdfghjklzxcvbnm']

export function tooObvious(password: string, person: { email: string; name: string }): boolean {
  const plain = fold(password)
  if (new Set(plain).size < 4 || repeated(plain).length <= 4 || isRun(plain) || plain === fold(person.email))
    return true
  const own = [
    person.email.split('@', 1)[0] ?? '',
    ...person.email.split(/[@.]/),
    ...person.name.split(/\s+/),
    person.name.replace(/\s+/g, ''),
  ]
  if (/^\d+$/.test(plain) && plain.length < 12) return true
  for (const word of [core(plain), undisguise(core(plain)), undisguise(withoutSigns(plain)), core(undisguise(plain))]) {
    if (WELL_KNOWN.has(word) || WELL_KNOWN.has(repeated(word))) return true
    if (own.some((part) => part.length >= 3 && fold(part) === word)) return true
  }
  return own.some((part) => part.length >= 6 && plain.includes(fold(part)) && plain.length - part.length < 6)
}

function fold(text: string): string {
  return text.toLowerCase().normalize('NFD').replace(/\p{M}/gu, '').replaceAll('ł', 'l')
}

function undisguise(text: string): string {
  return [...text].map((char) => DISGUISE[char] ?? char).join('')
}

/** Without the digits and signs people put around a word: `Haslo2024!` → `haslo`. */
function core(text: string): string {
  return text.replace(/^[^a-z]+|[^a-z]+$/g, '')
}

/** Without the signs around it, digits kept: they may be letters in disguise. */
function withoutSigns(text: string): string {
  return text.replace(/^[^a-z\d]+|[^a-z\d]+$/g, '')
}

/** The unit of a word that only repeats it: `haslohaslo` → `haslo`. */
function repeated(word: string): string {
  return /^(.+?)\1+$/.exec(word)?.[1] ?? word
}

function isRun(text: string): boolean {
  return RUNS.some((run) => {
    const backwards = [...run].reverse().join('')
    return run.includes(text) || backwards.includes(text)
  })
}
