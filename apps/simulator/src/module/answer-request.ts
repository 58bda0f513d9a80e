import { COMMAND } from '@stam/integra/codec'
import { CONTROL_REQUESTS } from './control-requests.ts'
import type { Answer, RequestContext, RequestHandler } from './module-request.ts'
import { readName } from './name-requests.ts'
import { READ_REQUESTS, readState } from './read-requests.ts'
import { USER_REQUESTS } from './user-requests.ts'

const HANDLERS: (RequestHandler | undefined)[] = Array.from({ length: 256 }, () => undefined)
for (let command = 0; command <= COMMAND.troubleMemory8; command++) HANDLERS[command] = readState
for (const requests of [READ_REQUESTS, CONTROL_REQUESTS, USER_REQUESTS]) {
  for (const [command, handler] of requests) HANDLERS[command] = handler
}
HANDLERS[COMMAND.readName] = readName

/**
 * The module's answer to one frame. Silence (undefined) is the answer to unknown commands and to every length the
 * command does not take; the protocol knows no error answer for those (reference 1.1).
 */
export function answerRequest(context: RequestContext, command: number, payload: Uint8Array): Answer | undefined {
  return HANDLERS[command]?.(context, payload, command)
}
