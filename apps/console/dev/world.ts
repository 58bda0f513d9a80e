/** The imaginary sites, panels and people of the development centre. Names are invented; nothing here is a secret. */
import { randomUUID } from 'node:crypto'
import type {
  ConnectionRelease,
  Me,
  Panel,
  PanelBits,
  PanelLive,
  Site,
  SiteContact,
  SiteProcedure,
  SiteType,
  Zone,
} from '@stam/contracts'

export interface DevSite {
  site: Site
  contacts: SiteContact[]
  procedures: SiteProcedure[]
}

export interface DevPanel {
  panel: Panel
  zones: Zone[]
  partitions: { number: number; name: string; object_no: number | null }[]
  outputs: { number: number; name: string; function: number | null }[]
  live: PanelLive
  release: ConnectionRelease | null
  simulatorId: string
}

export interface World {
  sites: Map<string, DevSite>
  panels: Map<string, DevPanel>
  users: (Me & { password: string })[]
}

export const devPassword = 'console-development'
const iso = (ago = 0): string => new Date(Date.now() - ago).toISOString()
const seeing = ['alarm:read', 'alarm:report', 'site:read', 'secret:reveal']
const administrating = [
  ...seeing,
  'alarm:write',
  'site:write',
  'site:service-mode',
  'panel:command',
  'panel:release',
  'user:read',
  'user:write',
  'system:config',
  'audit:read',
]
export const permissionsOf: Record<Me['role'], string[]> = {
  MASTER: administrating,
  ADMIN: administrating,
  OPERATOR: [...seeing, 'alarm:write', 'panel:command'],
  TECHNICIAN: [...seeing, 'site:service-mode', 'panel:release'],
  FIELD_WORKER: seeing,
}

const person = (name: string, email: string, role: Me['role'], language: Me['language'] = 'pl') => ({
  id: randomUUID(),
  email,
  name,
  role,
  language,
  must_change_password: false,
  lock: { locked: false, pin_set: false, after_minutes: null },
  permissions: permissionsOf[role],
  password: devPassword,
})

const places: readonly [string, string, SiteType, string, string, string][] = [
  ['001', 'Apteka Pod Lipami', 'SHOP', 'ul. Świętokrzyska 14', '00-050', 'Warszawa'],
  ['002', 'Hurtownia Leków Medkom — magazyn główny', 'WAREHOUSE', 'ul. Składowa 3', '05-850', 'Ożarów Mazowiecki'],
  ['003', 'Przychodnia Zdrowie', 'CLINIC', 'al. Róż 7', '31-922', 'Kraków'],
  ['004', 'Chłodnia Mroźna Kraina', 'COLD_STORE', 'ul. Lodowa 21', '93-232', 'Łódź'],
  ['005', 'Biuro Rachunkowe Bilans', 'OFFICE', 'ul. Długa 5/12', '80-827', 'Gdańsk'],
  ['006', 'Salon Jubilerski Perła', 'SHOP', 'Rynek 18', '50-101', 'Wrocław'],
  ['007', 'Dom państwa Wiśniewskich', 'HOME', 'ul. Sosnowa 2', '62-081', 'Przeźmierowo'],
  ['008', 'Stacja Paliw Orzeł', 'INDUSTRY', 'ul. Lubelska 140', '35-233', 'Rzeszów'],
  ['009', 'Magazyn Elektroniki Wolt', 'WAREHOUSE', 'ul. Fabryczna 11', '41-200', 'Sosnowiec'],
  ['010', 'Kancelaria Notarialna Żółkiewska', 'OFFICE', 'ul. Mickiewicza 9', '15-213', 'Białystok'],
  ['011', 'Laboratorium Diagnoza', 'CLINIC', 'ul. Szpitalna 1', '20-089', 'Lublin'],
  ['012', 'Sklep Spożywczy U Basi', 'SHOP', 'ul. Polna 33', '10-059', 'Olsztyn'],
]

const zoneNames = [
  'Drzwi wejście',
  'Czujka PIR hol',
  'Czujka PIR zaplecze',
  'Kontaktron rolety',
  'Zbicie szyby witryna',
  'Sejf wibracyjna',
  'Czujka dymu magazyn',
  'Napad przycisk lada',
  'Zalanie łazienka',
  'Czujka gazu kotłownia',
  'PIR korytarz',
  'Drzwi serwerownia',
  'Okno biuro',
  'Brama garażowa',
  'Temperatura lodówka 1',
  'Temperatura lodówka 2',
]
const models = ['INTEGRA 128-WRL', 'INTEGRA 64 Plus', 'INTEGRA 256 Plus', 'INTEGRA 32', 'INTEGRA 128']

export const noBits = (): PanelBits => ({
  zones_violated: [],
  zones_tampered: [],
  zones_alarm: [],
  zones_tamper_alarm: [],
  zones_alarm_memory: [],
  zones_bypassed: [],
  zones_isolated: [],
  zones_masked: [],
  partitions_armed: [],
  partitions_armed_mode1: [],
  partitions_armed_mode2: [],
  partitions_armed_mode3: [],
  partitions_entry_delay: [],
  partitions_exit_delay: [],
  partitions_alarm: [],
  partitions_fire_alarm: [],
  partitions_alarm_memory: [],
  partitions_blocked: [],
  outputs_on: [],
})

function makeSite(row: (typeof places)[number], index: number): DevSite {
  const [code, name, type, address_line, postal_code, city] = row
  const off = { active: false, since: null, until: null, reason: null, by: null }
  const site: Site = {
    id: randomUUID(),
    version: 1,
    code,
    name,
    type,
    address_line,
    postal_code,
    city,
    latitude: 52.2 - index / 10,
    longitude: 21 - index / 5,
    time_zone: 'Europe/Warsaw',
    status: 'ACTIVE',
    notes: index === 0 ? 'Klucze w depozycie nr 14. Pies na zapleczu (łagodny).' : '',
    settings: {
      duplicate_window_s: 60,
      bundle_window_s: 900,
      warning_auto_close_s: 28_800,
      info_auto_close_s: 14_400,
      info_auto_ack_s: null,
      retrigger: false,
      unauthorized_critical: false,
      operators_may_command: false,
    },
    service_mode:
      index === 8
        ? {
            active: true,
            since: iso(5_400_000),
            until: iso(-7_200_000),
            reason: 'Wymiana czujek na hali B',
            by: 'Tomasz Lis',
          }
        : off,
    test_mode: off,
    active_alarms: { CRITICAL: 0, WARNING: 0, INFO: 0 },
    panel_count: 1,
    created_at: iso(9e9),
    updated_at: iso(86_400_000 * (index + 1)),
  }
  const contact = (position: number, who: string, role: string, phone: string, note = ''): SiteContact => ({
    id: randomUUID(),
    position,
    name: who,
    role,
    phone,
    email: '',
    note,
  })
  return {
    site,
    contacts: [
      contact(1, 'Anna Kowalska', 'Kierowniczka', '+48 601 100 10' + (index % 10), 'Najpierw SMS, jeśli po 22:00'),
      contact(2, 'Piotr Zieliński', 'Właściciel', '+48 602 200 20' + (index % 10)),
      contact(3, 'Grupa interwencyjna Sokół', 'Patrol', '+48 22 500 50 5' + (index % 10), 'Dojazd ok. 12 min'),
    ],
    procedures: [
      {
        id: randomUUID(),
        title: 'Włamanie i napad',
        stream: null,
        body: '1. Zadzwoń do kierowniczki i poproś o hasło.\n2. Brak hasła lub brak odpowiedzi: wyślij patrol i zadzwoń na 112.\n3. Zapisz w notatce, kto odebrał i o której.',
      },
    ],
  }
}

function makePanel(site: Site, index: number): DevPanel {
  const id = randomUUID()
  const zoneCount = index === 1 ? 64 : 12 + (index % 5)
  const model = models[index % models.length] ?? 'INTEGRA 64'
  const bits = noBits()
  bits.partitions_armed = index % 3 === 0 ? [1] : [1, 2]
  bits.zones_violated = index % 3 === 0 ? [2, 11] : []
  bits.zones_bypassed = index === 1 ? [14] : []
  bits.outputs_on = [2]
  const live: PanelLive = {
    panel_id: id,
    epoch: 1,
    version: 1,
    connection: 'CONNECTED',
    connection_detail: null,
    connection_since: iso(3_600_000 * (index + 1)),
    worker_id: 'worker-1',
    last_contact_at: iso(800),
    updated_at: iso(800),
    identity: { model, firmware: '1.23 2024-05-20', module_version: '2.08', encrypted: index % 2 === 0, push: true },
    clock_drift_ms: 400,
    service_mode: false,
    bits,
    troubles:
      index === 4
        ? [{ key: 'ac:0', text: { pl: 'Brak zasilania sieciowego', en: 'AC power lost' }, object: 'Centrala' }]
        : [],
  }
  return {
    simulatorId: `sim-${index + 1}`,
    live,
    panel: {
      id,
      version: 1,
      site_id: site.id,
      name: index === 1 ? 'Hala A' : 'Centrala',
      host: '127.0.0.1',
      port: 7094 + index,
      enabled: true,
      time_zone: 'Europe/Warsaw',
      has_integration_key: index % 2 === 0,
      model,
      firmware: '1.23',
      names_read_at: iso(7_200_000),
      created_at: iso(9e9),
      updated_at: iso(9e8),
    },
    release: null,
    zones: Array.from({ length: zoneCount }, (_, n) => ({
      number: n + 1,
      name: `${zoneNames[n % zoneNames.length]}${n >= zoneNames.length ? ` ${Math.floor(n / zoneNames.length) + 1}` : ''}`,
      reaction: 5,
      partition_no: n % 3 === 2 ? 2 : 1,
      priority_overrides: n === 8 ? { ALARM: 'WARNING' } : n === 2 ? { TAMPER: 'WARNING', TROUBLE: 'INFO' } : {},
    })),
    partitions: [
      { number: 1, name: 'Parter', object_no: 1 },
      { number: 2, name: 'Magazyn', object_no: 1 },
    ],
    outputs: [
      { number: 1, name: 'Sygn. zewnętrzny', function: 1 },
      { number: 2, name: 'Zasilanie czujek', function: 41 },
      { number: 3, name: 'Oświetlenie', function: 24 },
    ],
  }
}

export function createWorld(): World {
  const sites = new Map<string, DevSite>()
  const panels = new Map<string, DevPanel>()
  places.forEach((row, index) => {
    const made = makeSite(row, index)
    const panel = makePanel(made.site, index)
    sites.set(made.site.id, made)
    panels.set(panel.panel.id, panel)
  })
  const users = [
    person('Marta Nowak', 'operator1@demo.local', 'OPERATOR'),
    person('Jan Wójcik', 'operator2@demo.local', 'OPERATOR'),
    person('Ewa Król', 'master@demo.local', 'MASTER'),
    person('Tomasz Lis', 'technik@demo.local', 'TECHNICIAN'),
  ]
  return { sites, panels, users }
}
