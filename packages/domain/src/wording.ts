/**
 * Words for what the system shows wherever it shows it: console, notifications, reports. Polish as dispatchers speak,
 * English natural rather than translated.
 */
import type {
  AlarmAction,
  AlarmStatus,
  AlarmStream,
  Disposition,
  EventSource,
  EventType,
  HumanRole,
  Language,
  PanelConnection,
  PartitionState,
  Priority,
  SecretClass,
  SecretKind,
  Text,
} from '@stam/contracts'
import type { ZoneState } from './partition-state.ts'

const t = (pl: string, en: string): Text => ({ pl, en })

export const priorityText: Record<Priority, Text> = {
  CRITICAL: t('Krytyczny', 'Critical'),
  WARNING: t('Ostrzeżenie', 'Warning'),
  INFO: t('Informacja', 'Information'),
}

export const alarmStatusText: Record<AlarmStatus, Text> = {
  NEW: t('Nowy', 'New'),
  IN_PROGRESS: t('W obsłudze', 'In progress'),
  ACK: t('Potwierdzony', 'Acknowledged'),
  RESOLVED: t('Rozwiązany', 'Resolved'),
  CLOSED: t('Zamknięty', 'Closed'),
}

export const alarmStreamText: Record<AlarmStream, Text> = {
  panel: t('Centrala', 'Panel'),
  temperature: t('Temperatura', 'Temperature'),
  unauthorized: t('Nieuprawniony dostęp', 'Unauthorised access'),
  system: t('System', 'System'),
  manual: t('Zgłoszenie ręczne', 'Manual report'),
}

export const eventTypeText: Record<EventType, Text> = {
  ALARM: t('Alarm', 'Alarm'),
  TAMPER: t('Sabotaż', 'Tamper'),
  TROUBLE: t('Awaria', 'Trouble'),
  RESTORE: t('Powrót do normy', 'Restored'),
  ARM: t('Uzbrojenie', 'Armed'),
  DISARM: t('Rozbrojenie', 'Disarmed'),
  BYPASS: t('Blokada wejścia', 'Zone bypass'),
  ACCESS: t('Dostęp', 'Access'),
  TEST: t('Test', 'Test'),
  INFO: t('Informacja', 'Information'),
  UNAUTHORIZED_ACCESS: t('Nieuprawniony dostęp', 'Unauthorised access'),
  TEMP_ALARM: t('Alarm temperatury', 'Temperature alarm'),
  TEMP_NORMAL: t('Temperatura w normie', 'Temperature normal'),
  COMM_LOSS: t('Brak łączności z centralą', 'No contact with the panel'),
  COMM_RESTORED: t('Łączność z centralą przywrócona', 'Contact with the panel restored'),
  AUTO_ARM_FAILED: t('Nieudane automatyczne uzbrojenie', 'Automatic arming failed'),
  MANUAL: t('Zgłoszenie ręczne', 'Manual report'),
  SYNTHETIC: t('Próba toru alarmowego', 'Signal path probe'),
}

export const eventSourceText: Record<EventSource, Text> = {
  STATE: t('Stan centrali', 'Panel state'),
  MEMORY: t('Pamięć zdarzeń centrali', 'Panel event memory'),
  WORKER: t('Nadzór łącza', 'Link supervision'),
  BACKEND: t('System', 'System'),
  SMS_EFENTO: t('SMS Efento', 'Efento SMS'),
  SMS_BLUELOG: t('SMS Bluelog', 'Bluelog SMS'),
  OPERATOR: t('Operator', 'Operator'),
}

export const dispositionText: Record<Disposition, Text> = {
  REAL: t('Prawdziwy', 'Real'),
  FALSE: t('Fałszywy', 'False alarm'),
  TEST: t('Test', 'Test'),
  TECHNICAL: t('Techniczny', 'Technical'),
  USER_ERROR: t('Błąd użytkownika', 'User error'),
  OTHER: t('Inny', 'Other'),
}

/** What the log of an alarm says happened. */
export const alarmActionText: Record<AlarmAction, Text> = {
  open: t('Alarm utworzony', 'Alarm opened'),
  join: t('Dołączono zdarzenie', 'Event joined'),
  claim: t('Przyjęty do obsługi', 'Claimed'),
  release: t('Zwolniony', 'Released'),
  take_over: t('Przejęty', 'Taken over'),
  ack: t('Potwierdzony', 'Acknowledged'),
  resolve: t('Rozwiązany', 'Resolved'),
  close: t('Zamknięty', 'Closed'),
  note: t('Notatka', 'Note'),
  retrigger: t('Wznowiony nowym zdarzeniem', 'Re-triggered by a new event'),
  auto_ack: t('Potwierdzony automatycznie', 'Acknowledged automatically'),
  auto_close: t('Zamknięty automatycznie', 'Closed automatically'),
  normal: t('Wszystkie źródła wróciły do normy', 'All sources back to normal'),
  mode: t('Zmiana trybu obiektu', 'Site mode changed'),
}

/** What the button says. */
export const alarmButtonText: Record<'claim' | 'release' | 'take_over' | 'ack' | 'resolve' | 'close' | 'note', Text> = {
  claim: t('Obsługuj', 'Claim'),
  release: t('Zwolnij', 'Release'),
  take_over: t('Przejmij', 'Take over'),
  ack: t('Potwierdź', 'Acknowledge'),
  resolve: t('Rozwiąż', 'Resolve'),
  close: t('Zamknij', 'Close'),
  note: t('Dodaj notatkę', 'Add note'),
}

export const panelConnectionText: Record<PanelConnection, Text> = {
  CONNECTED: t('Połączona', 'Connected'),
  RECONNECTING: t('Ponowne łączenie', 'Reconnecting'),
  DISCONNECTED: t('Brak łączności', 'Disconnected'),
  BUSY: t('Zajęta przez inny program', 'Busy with another client'),
  RELEASED: t('Zwolniona dla serwisu', 'Released for service'),
  UNKNOWN: t('Stan nieznany', 'Unknown'),
}

export const partitionStateText: Record<PartitionState, Text> = {
  DISARMED: t('Rozbrojona', 'Disarmed'),
  ARMED_FULL: t('Czuwa (pełne)', 'Armed (full)'),
  ARMED_STAY: t('Czuwa bez wewnętrznych', 'Armed (stay)'),
  ARMED_AWAY: t('Czuwa bez wewnętrznych i opóźnień', 'Armed (stay, no entry delay)'),
  ARMED_MODE_1: t('Czuwa (pełne z blokadami)', 'Armed (full with bypasses)'),
  EXIT_DELAY: t('Czas na wyjście', 'Exit delay'),
  ENTRY_DELAY: t('Czas na wejście', 'Entry delay'),
  ALARM: t('Alarm', 'Alarm'),
  FIRE_ALARM: t('Alarm pożarowy', 'Fire alarm'),
  UNKNOWN: t('Stan nieznany', 'Unknown'),
}

export const zoneStateText: Record<ZoneState, Text> = {
  ALARM: t('Alarm', 'Alarm'),
  TAMPER_ALARM: t('Alarm sabotażowy', 'Tamper alarm'),
  TAMPERED: t('Sabotaż', 'Tampered'),
  MASKED: t('Maskowanie', 'Masked'),
  ISOLATED: t('Odłączone na stałe', 'Isolated'),
  BYPASSED: t('Zablokowane', 'Bypassed'),
  VIOLATED: t('Naruszone', 'Violated'),
  ALARM_MEMORY: t('Pamięć alarmu', 'Alarm memory'),
  NORMAL: t('W normie', 'Normal'),
}

export const roleText: Record<HumanRole, Text> = {
  MASTER: t('Właściciel', 'Owner'),
  ADMIN: t('Administrator', 'Administrator'),
  OPERATOR: t('Operator', 'Operator'),
  TECHNICIAN: t('Technik', 'Technician'),
  FIELD_WORKER: t('Pracownik terenowy', 'Field worker'),
}

export const secretKindText: Record<SecretKind, Text> = {
  PANEL_INTEGRATION_KEY: t('Klucz integracji', 'Integration key'),
  PANEL_SERVICE_CODE: t('Kod serwisowy', 'Service code'),
  PANEL_USER_CODE: t('Kod użytkownika', 'User code'),
  RECORDER_PASSWORD: t('Hasło rejestratora', 'Recorder password'),
  SITE_ACCESS_CODE: t('Kod wejścia', 'Entry code'),
  OTHER: t('Inne', 'Other'),
}

export const secretClassText: Record<SecretClass, Text> = {
  HIGHEST: t('najwyższa', 'highest'),
  HIGH: t('wysoka', 'high'),
  NORMAL: t('zwykła', 'normal'),
}

/** `Włamanie · Czujka PIR hol`: what happened and to which object. */
export function alarmHeadline(
  alarm: { readonly headline: Text; readonly object_name: string | null },
  language: Language,
): string {
  const what = alarm.headline[language]
  return alarm.object_name ? `${what} · ${alarm.object_name}` : what
}

/** The forms of a counted noun. English needs `one` and `many`; Polish all three (1 alarm, 2 alarmy, 5 alarmów). */
export interface PluralForms {
  readonly one: string
  readonly few: string
  readonly many: string
}

/** The form that goes with a whole number: Polish few = 2–4 but not 12–14. */
export function pluralForm(count: number, forms: PluralForms, language: Language): string {
  const n = Math.abs(Math.trunc(count))
  if (language === 'en') return n === 1 ? forms.one : forms.many
  if (n === 1) return forms.one
  const tens = n % 100
  const units = n % 10
  return units >= 2 && units <= 4 && (tens < 12 || tens > 14) ? forms.few : forms.many
}

export const countedNouns = {
  alarm: {
    pl: { one: 'alarm', few: 'alarmy', many: 'alarmów' },
    en: { one: 'alarm', few: 'alarms', many: 'alarms' },
  },
  newAlarm: {
    pl: { one: 'nowy alarm', few: 'nowe alarmy', many: 'nowych alarmów' },
    en: { one: 'new alarm', few: 'new alarms', many: 'new alarms' },
  },
  event: {
    pl: { one: 'zdarzenie', few: 'zdarzenia', many: 'zdarzeń' },
    en: { one: 'event', few: 'events', many: 'events' },
  },
  repeat: {
    pl: { one: 'powtórzenie', few: 'powtórzenia', many: 'powtórzeń' },
    en: { one: 'repeat', few: 'repeats', many: 'repeats' },
  },
  site: {
    pl: { one: 'obiekt', few: 'obiekty', many: 'obiektów' },
    en: { one: 'site', few: 'sites', many: 'sites' },
  },
  panel: {
    pl: { one: 'centrala', few: 'centrale', many: 'central' },
    en: { one: 'panel', few: 'panels', many: 'panels' },
  },
  zone: {
    pl: { one: 'wejście', few: 'wejścia', many: 'wejść' },
    en: { one: 'zone', few: 'zones', many: 'zones' },
  },
  day: {
    pl: { one: 'dzień', few: 'dni', many: 'dni' },
    en: { one: 'day', few: 'days', many: 'days' },
  },
  character: {
    pl: { one: 'znak', few: 'znaki', many: 'znaków' },
    en: { one: 'character', few: 'characters', many: 'characters' },
  },
} as const satisfies Record<string, Record<Language, PluralForms>>

/** `3 nowe alarmy`, `1 new alarm`. */
export function counted(count: number, noun: keyof typeof countedNouns, language: Language): string {
  return `${count} ${pluralForm(count, countedNouns[noun][language], language)}`
}

const two = (n: number) => String(n).padStart(2, '0')

/** Age of an alarm as it ticks in a list: `00:42`, `59:59`, then `1:05 h`, then whole days. Never negative. */
export function ageClock(milliseconds: number, language: Language): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000))
  if (seconds < 3600) return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`
  const hours = Math.floor(seconds / 3600)
  if (hours < 24) return `${hours}:${two(Math.floor((seconds % 3600) / 60))} h`
  return counted(Math.floor(hours / 24), 'day', language)
}

/** How old data is, in a sentence: `sprzed 12 s`, `12 s ago`. */
export function ageSentence(milliseconds: number, language: Language): string {
  const age = shortDuration(milliseconds, language)
  return language === 'pl' ? `sprzed ${age}` : `${age} ago`
}

/** `12 s`, `5 min`, `3 h`, `2 dni`. */
export function shortDuration(milliseconds: number, language: Language): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`
  // "sprzed 1 dnia / 2 dni" wants the genitive, which for days is the same word from two on.
  const days = Math.floor(seconds / 86_400)
  if (language === 'pl') return days === 1 ? '1 dnia' : `${days} dni`
  return counted(days, 'day', 'en')
}
