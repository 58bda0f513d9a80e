/**
 * `./stam users recover EMAIL [--forget-passkeys] [--language pl|en]`: the way back for a MASTER who cannot sign in and has nobody above. Needs the
 * machine and the database owner's login; prints a temporary password once, on standard output, and keeps it nowhere.
 */
import { hostname, userInfo } from 'node:os'
import { parseArgs } from 'node:util'
import { type Recovered, recoverMaster } from '@stam/backend'
import { asOwner, EXIT_REFUSED, runCommand, stationFolder } from './database-command.ts'

const USAGE =
  'usage: ./stam users recover EMAIL [--forget-passkeys] [--language pl|en] [--data FOLDER | --distributed]\n'

type Language = 'pl' | 'en'
type Done = Extract<Recovered, { outcome: 'recovered' }>

interface Asked {
  readonly email: string
  readonly forgetPasskeys: boolean
  /** Null: the MASTER's own. */
  readonly language: Language | null
  readonly data: string
  readonly distributed: boolean
}

export async function run(argv: readonly string[]): Promise<number> {
  return runCommand({ name: 'users', usage: USAGE, asked: parse(argv) }, (asked) =>
    asOwner(asked, async (store) => {
      const recovered = await recoverMaster(store, { ...asked, operator: userInfo().username, machine: hostname() })
      if (recovered.outcome === 'recovered') {
        process.stdout.write(recoveryReport(recovered, asked.email, asked.language ?? recovered.language))
        return 0
      }
      const { pl, en } = refusals[recovered.outcome]
      process.stderr.write(`stam users: ${asked.language === 'pl' ? pl : en}\n`)
      return EXIT_REFUSED
    }),
  )
}

function parse(argv: readonly string[]): Asked | null {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: {
        data: { type: 'string' },
        distributed: { type: 'boolean' },
        'forget-passkeys': { type: 'boolean' },
        language: { type: 'string' },
      },
      allowPositionals: true,
    })
    const [verb, email] = positionals
    const { language = null, distributed = false } = values
    if (verb !== 'recover' || email === undefined || positionals.length !== 2) return null
    if (language !== null && language !== 'pl' && language !== 'en') return null
    if (distributed && values.data !== undefined) return null
    return {
      email,
      forgetPasskeys: values['forget-passkeys'] === true,
      language,
      data: stationFolder(values.data),
      distributed,
    }
  } catch {
    return null
  }
}

const refusals: Record<Exclude<Recovered['outcome'], 'recovered'>, Record<Language, string>> = {
  not_owner: {
    pl: 'to nie jest login właściciela bazy danych (DATABASE_OWNER_URL); niczego nie zmieniono',
    en: 'this is not the login of the database owner (DATABASE_OWNER_URL); nothing was changed',
  },
  unknown: {
    pl: 'nie ma konta o tym adresie; niczego nie zmieniono',
    en: 'there is no account of that address; nothing was changed',
  },
  not_master: {
    pl: 'to konto nie ma roli MASTER: hasło nadaje administrator w konsoli; niczego nie zmieniono',
    en: 'the account is not a MASTER: an administrator gives a password in the console; nothing was changed',
  },
  inactive: {
    pl: 'konto jest wyłączone: włącza je inny MASTER; niczego nie zmieniono',
    en: 'the account is switched off: another MASTER switches it on; nothing was changed',
  },
}

/** What was done, in the language of who reads it. */
export function recoveryReport(done: Done, email: string, language: Language): string {
  const { name, temporaryPassword, endedSessions, removedPasskeys, asksForPasskey } = done
  const forgotten = !asksForPasskey && removedPasskeys > 0
  const lines =
    language === 'pl'
      ? [
          `Hasło tymczasowe dla ${name} (${email}): ${temporaryPassword}`,
          'Przy pierwszym logowaniu trzeba ustawić własne. Nie zostanie pokazane ponownie.',
          `Zakończone sesje: ${endedSessions} (w każdej konsoli w ciągu kilku sekund). Blokada konta zdjęta.`,
          ...(forgotten ? [`Usunięte klucze dostępu: ${removedPasskeys}, razem z drugim składnikiem i PIN-em.`] : []),
          ...(asksForPasskey
            ? ['Po haśle nadal wymagany jest klucz dostępu. Jeśli zginął: to samo polecenie z --forget-passkeys.']
            : []),
          'Zapisano w dzienniku audytu (MASTER_RECOVERY).',
        ]
      : [
          `Temporary password of ${name} (${email}): ${temporaryPassword}`,
          'Another one has to be chosen at the first sign-in. It is not shown again.',
          `Sessions ended: ${endedSessions} (in every console within seconds). The account is unlocked.`,
          ...(forgotten ? [`Passkeys removed: ${removedPasskeys}, with the second factor and the PIN.`] : []),
          ...(asksForPasskey
            ? [
                'A passkey is still asked for after the password. If it is lost: the same command with --forget-passkeys.',
              ]
            : []),
          'It is in the audit record (MASTER_RECOVERY).',
        ]
  return `${lines.join('\n')}\n`
}
