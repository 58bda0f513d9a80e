/** docs/errors.md as text, from the catalogues of everything this process can meet. */
import { BUS_ERROR_CODES } from '@stam/bus'
import { closeCodes, type ErrorCode, errorCodes } from '@stam/contracts'
import { LIVE_ERROR_CODES } from '@stam/live'
import { RUNTIME_ERROR_CODES } from '@stam/runtime'
import { STORE_ERROR_CODES } from '@stam/store'
import { errorTexts } from './error-catalogue.ts'

const socketTexts: Readonly<Record<keyof typeof closeCodes, string>> = {
  badTicket: 'The ticket is unknown, used, older than 10 s, or its session has ended. Get a new one.',
  authExpired:
    'No fresh access token in time, the session has ended, or the permissions changed. Renew the session, then a new ticket.',
  protocolError: 'Unknown, binary or too many messages, or too many connections of this user.',
  tooSlow: 'The client does not read fast enough. Connect again and replay from the last number.',
  restarting: 'The server restarts. Connect again (to another one where there are several).',
}

export function errorsPage(): string {
  return `${[
    '# Error codes',
    '',
    'Generated from the catalogues in the code (`npm run docs -w @stam/backend`); a test compares both directions.',
    '',
    '## REST',
    '',
    'Every refusal is `{"error":{"code","message","details"}}`. Codes never change their meaning.',
    '',
    '| Code | Status | Meaning | What to do |',
    '| --- | --- | --- | --- |',
    ...(Object.keys(errorCodes) as ErrorCode[]).map((code) => {
      const { message, remedy } = errorTexts[code]
      return `| \`${code}\` | ${errorCodes[code]} | ${message} | ${remedy} |`
    }),
    '',
    '## WebSocket close codes',
    '',
    '| Code | Name | Meaning |',
    '| --- | --- | --- |',
    ...(Object.keys(closeCodes) as (keyof typeof closeCodes)[]).map(
      (name) => `| ${closeCodes[name]} | \`${name}\` | ${socketTexts[name]} |`,
    ),
    '',
    ...section('store', 'PostgreSQL', STORE_ERROR_CODES),
    ...section('bus', 'the broker', BUS_ERROR_CODES),
    ...section('live', 'live state', LIVE_ERROR_CODES),
    ...section('runtime', 'the process', RUNTIME_ERROR_CODES),
  ].join('\n')}`
}

function section(name: string, about: string, codes: Readonly<Record<string, string>>): string[] {
  return [
    `## \`@stam/${name}\`: ${about}`,
    '',
    'Inside the processes and in their logs; never shown to a client.',
    '',
    '| Code | Meaning |',
    '| --- | --- |',
    ...Object.entries(codes).map(([code, text]) => `| \`${code}\` | ${text} |`),
    '',
  ]
}
