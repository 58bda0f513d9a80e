import {
  COMMAND,
  decodeEventIndex,
  decodeEventTextRequest,
  decodeObjectNumber,
  encodeEventAnswer,
  encodeEventText,
  encodeFrame,
  encodeModuleVersion,
  encodeOutputPower,
  encodePanelVersion,
  encodeZoneTemperature,
  EVENT_RECORD_BYTES,
  eventMeaning,
  GRADE_LOG_HEAD,
  shortKindOf,
  STANDARD_LOG_HEAD,
} from '@stam/integra/codec'
import type { EventMemory, MemoryRecord } from '../panel/event-memory.ts'
import type { VirtualPanel } from '../panel/virtual-panel.ts'
import { takesArmOption } from './module-profile.ts'
import type { RequestHandler } from './module-request.ts'
import { resultFrame } from './result-answers.ts'

const LANGUAGE = { pl: 0, en: 1 } as const
const IN_FLASH = true

/** 0x00..0x31 (reference 4.1). v2 takes one extra byte of any value and answers zones and outputs wide. */
export const readState: RequestHandler = ({ profile, frames, connection }, payload, command) => {
  if (command > profile.lastStateRead || payload.length > profile.generation - 1) return undefined
  connection.noteRead(command)
  return { frame: frames.frame(command, payload.length === 1) }
}

/** 0x7F: list of new data, or the push subscription (reference 4.5). Reading the list clears nothing. */
export const readNewData: RequestHandler = ({ profile, connection }, payload, command) => {
  const { length } = payload
  const widest = profile.newDataBytes
  if (length <= widest - 5) return { frame: encodeFrame(command, connection.newData(5 + length)) }
  const maskBytes = length / 2
  if (profile.generation === 1 || (maskBytes !== 6 && !(maskBytes === 7 && widest === 7))) return undefined
  const onChange = payload.slice(0, maskBytes)
  const onUpdate = payload.slice(maskBytes)
  return { frame: resultFrame(0xff), follow: () => connection.subscribe(onChange, onUpdate) }
}

export const readModuleVersion: RequestHandler = ({ profile }, payload, command) => {
  if (payload.length !== 0 || !profile.knowsVersion) return undefined
  const { capabilities: bits, version, date } = profile
  const capabilities = { wideData: (bits & 1) !== 0, part8: (bits & 2) !== 0, armOptions: (bits & 4) !== 0 }
  return { frame: encodeFrame(command, encodeModuleVersion({ version, date, capabilities })) }
}

export const readPanelVersion: RequestHandler = ({ panel }, payload, command) => {
  if (payload.length !== 0) return undefined
  const { firmware, language } = panel.spec
  const { typeCode } = panel.layout.type
  const answer = encodePanelVersion({ typeCode, ...firmware, language: LANGUAGE[language], inFlash: IN_FLASH })
  return { frame: encodeFrame(command, answer) }
}

/** 0x7D: only temperature zones answer (reference 4.3). */
export const readTemperature: RequestHandler = ({ panel }, payload, command) => {
  if (payload.length !== 1) return undefined
  const zone = decodeObjectNumber(payload[0] as number)
  const celsius = panel.temperature(zone)
  if (celsius === undefined) return undefined
  return { frame: encodeFrame(command, encodeZoneTemperature({ zone, celsius: celsius ?? undefined })) }
}

/** 0x7B: only metering outputs, only on the newest modules. */
export const readPower: RequestHandler = ({ panel, profile }, payload, command) => {
  if (payload.length !== 1 || !takesArmOption(profile)) return undefined
  const output = decodeObjectNumber(payload[0] as number)
  const watts = panel.layout.output(output)?.watts
  if (watts === undefined) return undefined
  return { frame: encodeFrame(command, encodeOutputPower({ output, watts })) }
}

const EMPTY_RECORD = new Uint8Array(EVENT_RECORD_BYTES)

function lookUp(panel: VirtualPanel, index: number): MemoryRecord | undefined {
  if (index === STANDARD_LOG_HEAD) return panel.memory.newest()
  if (index === GRADE_LOG_HEAD) return panel.gradeMemory?.newest()
  const log: EventMemory = panel.gradeMemory?.holds(index) === true ? panel.gradeMemory : panel.memory
  return log.before(index)
}

/** The reporting fields S1/S2 of a record change after it was written (reference 5.1). */
function withReportingState(panel: VirtualPanel, record: MemoryRecord): Uint8Array {
  const { reporting } = panel.spec.eventMemory
  if (reporting === 'none') return record.bytes
  const state = reporting === 'failing' ? 2 : record.ordinal <= panel.reportedUpTo ? 1 : 0
  record.bytes[0] = ((record.bytes[0] as number) & 0xf0) | (state << 2) | state
  return record.bytes
}

/** The 14 bytes of 0x8C. The end of the log, and an expired index, is an empty record (reference 2.4 vector 33). */
export function eventPayload(panel: VirtualPanel, index: number): Uint8Array {
  const record = lookUp(panel, index)
  if (record === undefined) return encodeEventAnswer(EMPTY_RECORD, index, index)
  return encodeEventAnswer(withReportingState(panel, record), record.token, index)
}

export const readEvent: RequestHandler = ({ panel }, payload, command) => {
  if (payload.length !== 3) return undefined
  return { frame: encodeFrame(command, eventPayload(panel, decodeEventIndex(payload))) }
}

/** 0x8F: the panel's own wording, in its language. A code it does not know yields a text that starts with 00. */
export const readEventText: RequestHandler = ({ panel }, payload, command) => {
  const request = decodeEventTextRequest(payload)
  if (request === undefined) return undefined
  const { code, restore, length } = request
  const meaning = eventMeaning(code, restore)
  const longKind = meaning?.kind ?? 0
  const text = meaning === undefined ? '' : panel.spec.language === 'pl' ? meaning.polish : meaning.english
  const answer = encodeEventText({ code, restore, longKind, shortKind: shortKindOf(code, longKind), text }, length)
  if (meaning === undefined) answer[5] = 0
  return { frame: encodeFrame(command, answer) }
}

/** Handlers by command; the state reads have one for all. */
export const READ_REQUESTS: ReadonlyMap<number, RequestHandler> = new Map([
  [COMMAND.outputPower, readPower],
  [COMMAND.moduleVersion, readModuleVersion],
  [COMMAND.zoneTemperature, readTemperature],
  [COMMAND.panelVersion, readPanelVersion],
  [COMMAND.newData, readNewData],
  [COMMAND.readEvent, readEvent],
  [COMMAND.readEventText, readEventText],
])
