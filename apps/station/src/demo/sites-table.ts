import type { CreateSiteRequest } from '@stam/contracts'

/** A demo site, and the simulated panel that guards it. */
export interface DemoSite {
  /** Id of the panel in the simulator. */
  readonly panelId: string
  readonly panelName: string
  readonly site: Omit<CreateSiteRequest, 'settings' | 'time_zone'>
}

const role = {
  owner: 'właściciel',
  manager: 'kierownik',
  guard: 'ochrona',
  service: 'serwis',
} as const

/**
 * Five invented companies. Phone numbers are from the 22 xxx 00 xx pattern nobody was given, e-mail addresses from a
 * reserved domain (RFC 2606), so that no test ever reaches a person.
 */
export const DEMO_SITES: readonly DemoSite[] = [
  {
    panelId: 'demo-shop',
    panelName: 'INTEGRA 24, sklep',
    site: {
      code: 'KRK-001',
      name: 'Sklep „Pod Lipą”',
      type: 'SHOP',
      address_line: 'ul. Lipowa 14',
      postal_code: '30-702',
      city: 'Kraków',
      latitude: 50.0475,
      longitude: 19.9611,
      notes: 'Wejście od podwórza, kod do bramy zna właścicielka. Pies na zapleczu (spokojny).',
      contacts: [
        {
          name: 'Żaneta Wójcik',
          role: role.owner,
          phone: '+48 22 555 00 11',
          email: 'zaneta.wojcik@pod-lipa.example',
          note: 'dzwonić o każdej porze',
        },
        {
          name: 'Józef Łęcki',
          role: role.manager,
          phone: '+48 22 555 00 12',
          email: 'jozef.lecki@pod-lipa.example',
          note: 'od 6:00 do 22:00',
        },
        { name: 'Patrol Śródmieście', role: role.guard, phone: '+48 22 555 00 13', email: '', note: '' },
      ],
      procedures: [
        {
          title: 'Włamanie',
          stream: 'panel',
          body: '1. Sprawdź, czy w ciągu minuty nie przyszło rozbrojenie.\n2. Zadzwoń do sklepu, potem do właścicielki.\n3. Brak odpowiedzi lub złe hasło: wyślij patrol i zadzwoń na 112.\n4. Po powrocie patrolu wpisz, co zastał.',
        },
        {
          title: 'Temperatura lodówek',
          stream: 'temperature',
          body: '1. Zadzwoń do kierownika.\n2. Poproś o odczyt z wyświetlacza.\n3. Zapisz decyzję o towarze.',
        },
      ],
    },
  },
  {
    panelId: 'demo-office',
    panelName: 'INTEGRA 32, biuro',
    site: {
      code: 'LDZ-002',
      name: 'Biuro rachunkowe Gęśla',
      type: 'OFFICE',
      address_line: 'ul. Piotrkowska 118',
      postal_code: '90-006',
      city: 'Łódź',
      latitude: 51.7616,
      longitude: 19.4578,
      notes: 'Archiwum na trzecim piętrze ma własną strefę. Sprzątanie w środy od 19:00 do 21:00.',
      contacts: [
        {
          name: 'Krystyna Gęśla',
          role: role.owner,
          phone: '+48 22 555 00 21',
          email: 'krystyna.gesla@gesla.example',
          note: '',
        },
        {
          name: 'Administracja kamienicy',
          role: 'administrator budynku',
          phone: '+48 22 555 00 22',
          email: 'biuro@kamienica.example',
          note: 'klucze do klatki',
        },
      ],
      procedures: [
        {
          title: 'Włamanie',
          stream: 'panel',
          body: '1. W środę wieczorem najpierw zadzwoń do biura: może to sprzątanie.\n2. Zadzwoń do właścicielki.\n3. Brak kontaktu: patrol.',
        },
      ],
    },
  },
  {
    panelId: 'demo-clinic',
    panelName: 'INTEGRA 64 Plus, przychodnia',
    site: {
      code: 'POZ-003',
      name: 'Przychodnia „Zdrówko”',
      type: 'CLINIC',
      address_line: 'ul. Święty Marcin 40',
      postal_code: '61-807',
      city: 'Poznań',
      latitude: 52.4069,
      longitude: 16.9166,
      notes: 'Apteka ma osobną strefę i sejf leków (linia 9). Wejście awaryjne od ul. Ratajczaka.',
      contacts: [
        {
          name: 'Dyżur przychodni',
          role: 'dyżur 24 h',
          phone: '+48 22 555 00 31',
          email: 'dyzur@zdrowko.example',
          note: 'pierwszy telefon',
        },
        {
          name: 'dr Marek Nowak',
          role: role.manager,
          phone: '+48 22 555 00 32',
          email: 'marek.nowak@zdrowko.example',
          note: '',
        },
        {
          name: 'mgr Ewa Żuk',
          role: 'apteka',
          phone: '+48 22 555 00 33',
          email: 'ewa.zuk@zdrowko.example',
          note: 'alarm z apteki lub sejfu',
        },
      ],
      procedures: [
        {
          title: 'Napad lub pomoc medyczna',
          stream: 'panel',
          body: '1. Nie dzwoń do recepcji.\n2. Zadzwoń na 112 i podaj adres oraz wejście.\n3. Wyślij patrol.\n4. Zadzwoń na dyżur przychodni.',
        },
        {
          title: 'Lodówka ze szczepionkami',
          stream: 'temperature',
          body: '1. Zadzwoń na dyżur.\n2. Poproś o przeniesienie szczepionek.\n3. Zapisz, kto przejął i o której.',
        },
      ],
    },
  },
  {
    panelId: 'demo-cold-store',
    panelName: 'INTEGRA 128 Plus, chłodnia',
    site: {
      code: 'GDY-004',
      name: 'Chłodnia Morska',
      type: 'COLD_STORE',
      address_line: 'ul. Hutnicza 9',
      postal_code: '81-061',
      city: 'Gdynia',
      latitude: 54.5459,
      longitude: 18.4876,
      notes:
        'Instalacja amoniakalna w maszynowni. Komory 1 i 2 poniżej −18 °C. Przycisk „uwięziony w komorze” to linia 5.',
      contacts: [
        {
          name: 'Ślusarz dyżurny',
          role: 'dyżur 24 h',
          phone: '+48 22 555 00 41',
          email: '',
          note: 'maszynownia i sprężarki',
        },
        {
          name: 'Grażyna Śledź',
          role: role.manager,
          phone: '+48 22 555 00 42',
          email: 'grazyna.sledz@chlodnia-morska.example',
          note: '',
        },
        {
          name: 'Straż pożarna, dyspozytor',
          role: 'ratownictwo chemiczne',
          phone: '112',
          email: '',
          note: 'przy amoniaku podać kierunek wiatru',
        },
      ],
      procedures: [
        {
          title: 'Człowiek w komorze, amoniak',
          stream: 'panel',
          body: '1. Zadzwoń do ślusarza dyżurnego: niech otworzy komorę.\n2. Amoniak: 112, ewakuacja, nikt nie wchodzi do maszynowni.\n3. Potwierdź głosowo, że nikogo nie brakuje.',
        },
        {
          title: 'Temperatura komory',
          stream: 'temperature',
          body: '1. Zadzwoń do ślusarza.\n2. Po 15 min bez poprawy zadzwoń do kierowniczki.\n3. Wpisz temperaturę i decyzję o towarze.',
        },
      ],
    },
  },
  {
    panelId: 'demo-warehouse',
    panelName: 'INTEGRA 256 Plus, magazyn',
    site: {
      code: 'WRO-005',
      name: 'Magazyn Wysokiego Składowania',
      type: 'WAREHOUSE',
      address_line: 'ul. Szczecińska 21',
      postal_code: '54-517',
      city: 'Wrocław',
      latitude: 51.1319,
      longitude: 16.9027,
      notes: 'Portiernia czynna całą dobę. Skład celny (strefa 5) otwiera tylko celnik w obecności ochrony.',
      contacts: [
        {
          name: 'Portiernia',
          role: role.guard,
          phone: '+48 22 555 00 51',
          email: 'portiernia@magazyn-wro.example',
          note: 'całą dobę',
        },
        {
          name: 'Wojciech Gąsior',
          role: 'szef ochrony',
          phone: '+48 22 555 00 52',
          email: 'wojciech.gasior@magazyn-wro.example',
          note: '',
        },
        {
          name: 'Iwona Dębska',
          role: role.manager,
          phone: '+48 22 555 00 53',
          email: 'iwona.debska@magazyn-wro.example',
          note: 'skład celny',
        },
      ],
      procedures: [
        {
          title: 'Włamanie do hali',
          stream: 'panel',
          body: '1. Zadzwoń do portierni: obchód, kamera, dwie osoby.\n2. Skład celny: zawsze szef ochrony i kierowniczka.\n3. Potwierdzone: 112.',
        },
        {
          title: 'Pożar',
          stream: null,
          body: '1. 112: adres, hala, brama wjazdowa nr 2.\n2. Portiernia otwiera bramy.\n3. Zadzwoń do kierowniczki.',
        },
      ],
    },
  },
]
