import { randomInt } from 'node:crypto'
import type { PanelSpecInput } from './panel/panel-spec.ts'

/** Secrets of the demo panels: generated once, kept by the caller, so that a restart finds the same panels. */
export interface PanelSecrets {
  /** For the panel whose module speaks the encrypted mode. */
  readonly integrationKey?: string
  /** User code by user number. */
  readonly codes: Readonly<Record<string, string>>
}
export type DemoSecrets = Readonly<Record<string, PanelSecrets>>

const KEY_LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'
/** The service user; its code is what a monitoring station works with. */
export const SERVICE_USER_NUMBER = 255

type ZoneRow = readonly [number: number, name: string, partition: number, reaction: number, celsius?: number]
type OutputRow = readonly [number: number, name: string, outputFunction: number]
type UserRow = readonly [number: number, name: string]

interface DemoSite extends Omit<PanelSpecInput, 'zones' | 'outputs' | 'users' | 'partitions'> {
  readonly encrypted?: boolean
  readonly partitionNames: readonly string[]
  readonly zoneRows: readonly ZoneRow[]
  readonly outputRows: readonly OutputRow[]
  readonly userRows: readonly UserRow[]
}

/** Short enough to watch, long enough to be one. */
const TIMING = { exitDelayMs: 10_000, entryDelayMs: 15_000, acLossDelayMs: 2_000, batteryDelayMs: 2_000 }
const KEYPADS = [
  { address: 0, name: 'Manipulator 1', type: 1 },
  { address: 7, name: 'ETHM-1 Plus', type: 5 },
]

const SITES: readonly DemoSite[] = [
  {
    id: 'demo-shop',
    name: 'Sklep „Pod Lipą”, Kraków',
    model: 'INTEGRA 24',
    module: { profile: 'v2' },
    keypads: KEYPADS,
    timing: TIMING,
    partitionNames: ['Sala sprzedaży', 'Zaplecze'],
    zoneRows: [
      [1, 'Drzwi wejściowe', 1, 0],
      [2, 'Czujka sali', 1, 3],
      [3, 'Witryna', 1, 4],
      [4, 'Przycisk napadu', 1, 13],
      [5, 'Drzwi zaplecza', 2, 0],
      [6, 'Magazynek', 2, 5],
      [7, 'Dym zaplecze', 2, 33],
      [8, 'Zalanie WC', 2, 52],
    ],
    outputRows: [
      [1, 'Sygnalizator', 2],
      [2, 'Oświetlenie', 25],
      [3, 'Rygiel drzwi', 24],
    ],
    userRows: [
      [1, 'Wójcik Żaneta'],
      [2, 'Łęcki Józef'],
      [241, 'Właściciel'],
      [255, 'Serwis'],
    ],
  },
  {
    id: 'demo-office',
    name: 'Biuro rachunkowe Gęśla, Łódź',
    model: 'INTEGRA 32',
    // The original ETHM-1: no push, no wide answers, no 0x7C. Its slow reads would hide an alarm for seconds from
    // whoever tries the demo for the first time.
    module: { profile: 'v1', slowStateMs: 400 },
    keypads: [
      { address: 0, name: 'Manipulator 1', type: 1 },
      { address: 3, name: 'ETHM-1', type: 5 },
    ],
    timing: TIMING,
    partitionNames: ['Parter', 'Piętro', 'Archiwum'],
    zoneRows: [
      [1, 'Wejście główne', 1, 0],
      [2, 'Hol PIR', 1, 3],
      [3, 'Okna parteru', 1, 4],
      [4, 'Księgowość', 2, 5],
      [5, 'Gabinet', 2, 5],
      [6, 'Serwerownia', 2, 88],
      [7, 'Archiwum drzwi', 3, 5],
      [8, 'Archiwum dym', 3, 33],
      [9, 'Antynapad', 1, 12],
      [10, 'Sabotaż skrzynki', 1, 9],
    ],
    outputRows: [
      [1, 'Syrena wewn.', 116],
      [2, 'Syrena zewn.', 1],
      [3, 'Gotowość', 17],
      [4, 'Klimatyzacja', 25],
    ],
    userRows: [
      [1, 'Gęśla Krystyna'],
      [2, 'Sprzątająca'],
      [3, 'Kurier'],
      [255, 'Serwis'],
    ],
  },
  {
    id: 'demo-clinic',
    name: 'Przychodnia Zdrówko, Poznań',
    model: 'INTEGRA 64 Plus',
    encrypted: true,
    module: { profile: 'v2-c1' },
    keypads: KEYPADS,
    timing: TIMING,
    partitionNames: ['Rejestracja', 'Gabinety', 'Apteka', 'Laboratorium'],
    zoneRows: [
      [1, 'Drzwi główne', 1, 0],
      [2, 'Poczekalnia PIR', 1, 3],
      [3, 'Recepcja napad', 1, 13],
      [4, 'Korytarz', 2, 5],
      [5, 'Gabinet nr 1', 2, 5],
      [6, 'Gabinet nr 2', 2, 5],
      [7, 'Pomoc medyczna', 2, 14],
      [8, 'Apteka drzwi', 3, 5],
      [9, 'Sejf leków', 3, 88],
      [10, 'Apteka PIR', 3, 5],
      [11, 'Lodówka szczep.', 3, 50, 4.5],
      [12, 'Laboratorium', 4, 5],
      [13, 'Gaz w labie', 4, 49],
      [14, 'Ręczny ROP', 1, 37],
      [15, 'Dym korytarz', 2, 33],
      [16, 'Zasilanie 230 V', 1, 59],
    ],
    outputRows: [
      [1, 'Sygnalizator', 2],
      [2, 'Syrena pożarowa', 3],
      [3, 'Drzwi apteki', 101],
      [4, 'Światło awaryjne', 25],
      [5, 'Awaria', 27],
    ],
    userRows: [
      [1, 'Dr Nowak'],
      [2, 'Rejestracja'],
      [3, 'Aptekarz Żuk'],
      [241, 'Kierownik'],
      [255, 'Serwis'],
    ],
  },
  {
    id: 'demo-cold-store',
    name: 'Chłodnia Morska, Gdynia',
    model: 'INTEGRA 128 Plus',
    module: { profile: 'v2-c2' },
    keypads: KEYPADS,
    expanders: [
      { address: 0, name: 'Czytnik rampy', type: 19 },
      { address: 1, name: 'Ekspander hali', type: 14 },
      { address: 2, name: 'ACU-100', type: 12 },
    ],
    timing: TIMING,
    partitionNames: ['Hala chłodni', 'Biuro', 'Maszynownia'],
    zoneRows: [
      [1, 'Brama rampy', 1, 0],
      [2, 'Komora 1 temp.', 1, 55, -18.5],
      [3, 'Komora 2 temp.', 1, 55, -21],
      [4, 'Hala PIR', 1, 5],
      [5, 'Uwięziony w kom.', 1, 15],
      [6, 'Biuro drzwi', 2, 0],
      [7, 'Biuro PIR', 2, 3],
      [8, 'Amoniak', 3, 49],
      [9, 'Sprężarka', 3, 63],
      [10, 'Maszynownia', 3, 5],
      [11, 'Dym maszynownia', 3, 33],
      [12, 'Zanik zasilania', 3, 59],
      [17, 'Okno radiowe', 2, 4],
      [18, 'PIR radiowy', 2, 5],
    ],
    outputRows: [
      [1, 'Sygnalizator', 2],
      [2, 'Wentylacja', 25],
      [3, 'Brama otwórz', 105],
      [4, 'Brama zamknij', 106],
      [5, 'Agregat', 24],
    ],
    userRows: [
      [1, 'Zmiana A'],
      [2, 'Zmiana B'],
      [3, 'Ślusarz dyżurny'],
      [241, 'Kierownik chł.'],
      [255, 'Serwis'],
    ],
  },
  {
    id: 'demo-warehouse',
    name: 'Magazyn Wysokiego Składowania, Wrocław',
    model: 'INTEGRA 256 Plus',
    module: { profile: 'v2-c1' },
    keypads: KEYPADS,
    expanders: [
      { address: 0, name: 'Ekspander A', type: 14 },
      { address: 1, name: 'Ekspander B', type: 14 },
      { address: 5, name: 'Kontroler drzwi', type: 20 },
    ],
    timing: TIMING,
    partitionNames: ['Hala A', 'Hala B', 'Biura', 'Teren', 'Skład celny'],
    zoneRows: [
      [1, 'Brama hali A', 1, 0],
      [2, 'Regały A1', 1, 5],
      [3, 'Regały A2', 1, 5],
      [4, 'Świetlik A', 1, 4],
      [5, 'Dym hala A', 1, 33],
      [20, 'Brama hali B', 2, 0],
      [21, 'Regały B1', 2, 5],
      [22, 'Regały B2', 2, 5],
      [23, 'Dym hala B', 2, 33],
      [40, 'Biura wejście', 3, 0],
      [41, 'Biura korytarz', 3, 3],
      [60, 'Ogrodzenie płn.', 4, 8],
      [61, 'Ogrodzenie płd.', 4, 8],
      [62, 'Portiernia napad', 4, 13],
      // Romanian t with cedilla is byte FE in windows-1250: it exercises the stuffing of the protocol.
      [129, 'Rampa Constanţa', 5, 5],
      [200, 'Skład celny PIR', 5, 5],
      [201, 'Drzwi celne', 5, 5],
      [256, 'Tryskacze ciśn.', 1, 41],
    ],
    outputRows: [
      [1, 'Sygnalizator A', 2],
      [2, 'Sygnalizator B', 2],
      [3, 'Światło placu', 25],
      [129, 'Szlaban', 24],
      [256, 'Lampa bramy', 25],
    ],
    userRows: [
      [1, 'Magazynier 1'],
      [2, 'Ochrona Gąsior'],
      [3, 'Celnik'],
      [241, 'Dyrektor'],
      [242, 'Zastępca dyr.'],
      [255, 'Serwis'],
    ],
  },
]

function randomCode(): string {
  return String(randomInt(100_000, 1_000_000))
}

/** Fresh secrets for every demo panel, for the caller to keep. */
export function generateDemoSecrets(): DemoSecrets {
  const secrets: Record<string, PanelSecrets> = {}
  for (const site of SITES) {
    const codes: Record<string, string> = {}
    const taken = new Set<string>()
    for (const [number] of site.userRows) {
      let code = randomCode()
      while (taken.has(code)) code = randomCode()
      taken.add(code)
      codes[number] = code
    }
    const key = Array.from({ length: 12 }, () => KEY_LETTERS[randomInt(KEY_LETTERS.length)]).join('')
    secrets[site.id] = site.encrypted ? { integrationKey: key, codes } : { codes }
  }
  return secrets
}

/**
 * Five sites with a panel each: shop, office (old module without push), clinic (encrypted), cold store (temperatures),
 * warehouse (zones above 128). Ids are stable.
 * @throws RangeError when the secrets lack a user or the key of the encrypted panel
 */
export function demoPanels(secrets: DemoSecrets): PanelSpecInput[] {
  return SITES.map((site) => {
    const { encrypted, partitionNames, zoneRows, outputRows, userRows, ...spec } = site
    const own = secrets[site.id]
    const integrationKey = own?.integrationKey
    if (encrypted && integrationKey === undefined) throw new RangeError(`no integration key for ${site.id}`)
    return {
      ...spec,
      ...(integrationKey === undefined ? {} : { integrationKey }),
      objects: [{ number: 1, name: 'Obiekt' }],
      timers: [{ number: 1, name: 'Timer dzienny' }],
      telephones: [{ number: 1, name: 'Stacja' }],
      partitions: partitionNames.map((name, index) => ({ number: index + 1, name })),
      zones: zoneRows.map(([number, name, partition, reaction, temperature]) => ({
        number,
        name,
        partition,
        reaction,
        ...(temperature === undefined ? {} : { temperature }),
      })),
      outputs: outputRows.map(([number, name, outputFunction]) => ({ number, name, function: outputFunction })),
      users: userRows.map(([number, name]) => {
        const code = own?.codes[number]
        if (code === undefined) throw new RangeError(`no code for user ${number} of ${site.id}`)
        return { number, name, code }
      }),
    }
  })
}
