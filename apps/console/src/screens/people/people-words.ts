/** Names of permissions (spec 06), in the order of the table of roles. */
import type { Text } from '@stam/contracts'

export const permissionText: Readonly<Record<string, Text>> = {
  'alarm:read': { pl: 'Widzi alarmy', en: 'Sees alarms' },
  'alarm:write': { pl: 'Obsługuje alarmy: od przejęcia do zamknięcia', en: 'Handles alarms, from claim to close' },
  'alarm:report': { pl: 'Zgłasza alarm ręcznie', en: 'Reports an alarm by hand' },
  'site:read': { pl: 'Widzi obiekty i centrale', en: 'Sees sites and panels' },
  'site:write': { pl: 'Zmienia dane obiektów i central', en: 'Edits sites and panels' },
  'site:service-mode': { pl: 'Włącza tryb serwisowy i testowy', en: 'Switches service and test mode' },
  'panel:command': { pl: 'Wysyła polecenia do centrali', en: 'Sends commands to panels' },
  'panel:release': { pl: 'Zwalnia łącze centrali dla serwisanta', en: 'Releases a panel’s link for servicing' },
  'secret:reveal': { pl: 'Odsłania hasła i klucze na chwilę', en: 'Reveals passwords and keys for a moment' },
  'ticket:read': { pl: 'Widzi zgłoszenia serwisowe', en: 'Sees service tickets' },
  'ticket:write': { pl: 'Prowadzi zgłoszenia serwisowe', en: 'Works on service tickets' },
  'user:read': { pl: 'Widzi użytkowników', en: 'Sees users' },
  'user:write': { pl: 'Zarządza użytkownikami poniżej siebie', en: 'Administers users below their own rank' },
  'audit:read': { pl: 'Czyta dziennik audytu', en: 'Reads the audit record' },
  'system:config': { pl: 'Konfiguruje stację', en: 'Configures the station' },
  'sms_raw:read': { pl: 'Czyta treść SMS-ów', en: 'Reads texts of SMS' },
}
