import { decodeClock } from '../codec/clock.ts'
import { COMMAND } from '../codec/command-numbers.ts'
import { decodeEventAnswer, EVENT_ANSWER_BYTES, type EventAnswer, encodeEventIndex } from '../codec/event-record.ts'
import {
  decodeEventText,
  type EventTextAnswer,
  type EventTextLength,
  encodeEventTextRequest,
} from '../codec/event-text.ts'
import {
  decodeOutputPower,
  decodeZoneTemperature,
  encodeObjectNumber,
  type OutputPower,
  type ZoneTemperature,
} from '../codec/measurements.ts'
import {
  decodeNameRecord,
  encodeNameRequest,
  NAME_TYPE,
  type NameRecord,
  type NameTypeName,
  nameAnswerBytes,
} from '../codec/names.ts'
import { isStateLength, type StateName, type StateRow, STATE_TABLE } from '../codec/state-table.ts'
import {
  decodeModuleVersion,
  decodePanelVersion,
  MODULE_VERSION_BYTES,
  PANEL_VERSION_BYTES,
} from '../codec/versions.ts'
import type { PanelCommand } from './command.ts'

const NOTHING = new Uint8Array(0)
const WIDE = Uint8Array.of(0)

/** Zone and output reads ask for 256 objects where the panel has them (reference 4.1). */
function readStateCommand(row: StateRow): PanelCommand<void, Uint8Array> {
  return {
    name: row.name,
    number: row.command,
    kind: 'read',
    encode: (_args, context) => (row.wideBytes !== row.bytes && context.maskBytes === 32 ? WIDE : NOTHING),
    matches: (answer) => isStateLength(row, answer.length),
    decode: (answer) => answer,
    unsupported: (_args, context) => {
      if (row.availability === 'v2' && !context.v2) return 'the module is older than this read'
      if (row.availability === 'capability1' && !context.capabilities.part8) return 'the module lacks trouble part 8'
      return undefined
    },
    secrets: [],
  }
}

/** The reads 0x00..0x31 as rows of one table. */
export const readState = Object.fromEntries(STATE_TABLE.map((row) => [row.name, readStateCommand(row)])) as Readonly<
  Record<StateName, PanelCommand<void, Uint8Array>>
>

export const readPanelVersion = {
  name: 'panelVersion',
  number: COMMAND.panelVersion,
  kind: 'read',
  encode: () => NOTHING,
  matches: (answer) => answer.length === PANEL_VERSION_BYTES,
  decode: decodePanelVersion,
  secrets: [],
} as const satisfies PanelCommand<void, ReturnType<typeof decodePanelVersion>>

/** Modules older than 2013-11-08 do not know it and stay silent. */
export const readModuleVersion = {
  name: 'moduleVersion',
  number: COMMAND.moduleVersion,
  kind: 'read',
  encode: () => NOTHING,
  matches: (answer) => answer.length === MODULE_VERSION_BYTES,
  decode: decodeModuleVersion,
  silenceIsAnswer: true,
  secrets: [],
} as const satisfies PanelCommand<void, ReturnType<typeof decodeModuleVersion>>

export const readClock = {
  name: 'clock',
  number: COMMAND.clock,
  kind: 'read',
  encode: () => NOTHING,
  matches: (answer) => answer.length === 9,
  decode: decodeClock,
  secrets: [],
} as const satisfies PanelCommand<void, ReturnType<typeof decodeClock>>

/** A zone that is no thermometer is never answered; others take up to 5 s. */
export const readZoneTemperature = {
  name: 'zoneTemperature',
  number: COMMAND.zoneTemperature,
  kind: 'read',
  encode: ({ zone }) => Uint8Array.of(encodeObjectNumber(zone)),
  matches: (answer, request) => answer.length === 3 && answer[0] === request[0],
  decode: decodeZoneTemperature,
  slow: true,
  silenceIsAnswer: true,
  secrets: [],
} as const satisfies PanelCommand<{ readonly zone: number }, ZoneTemperature>

export const readOutputPower = {
  name: 'outputPower',
  number: COMMAND.outputPower,
  kind: 'read',
  encode: ({ output }) => Uint8Array.of(encodeObjectNumber(output)),
  matches: (answer, request) => answer.length === 3 && answer[0] === request[0],
  decode: decodeOutputPower,
  silenceIsAnswer: true,
  secrets: [],
} as const satisfies PanelCommand<{ readonly output: number }, OutputPower>

/** One object's name, type and extras. EF 08 means that it does not exist. */
export const readName = {
  name: 'readName',
  number: COMMAND.readName,
  kind: 'read',
  encode: ({ type, number }) => encodeNameRequest(NAME_TYPE[type], number),
  matches: (answer, request) =>
    answer[0] === request[0] && answer[1] === request[1] && answer.length === nameAnswerBytes(request[0] as 0),
  decode: (answer, context) => decodeNameRecord(answer, context.codePage),
  silenceIsAnswer: true,
  secrets: [],
} as const satisfies PanelCommand<{ readonly type: NameTypeName; readonly number: number }, NameRecord>

/** One record of the event memory; the echo of the requested index tells a late or unsolicited answer. */
export const readEvent = {
  name: 'readEvent',
  number: COMMAND.readEvent,
  kind: 'read',
  encode: ({ index }) => encodeEventIndex(index),
  matches: (answer, request) =>
    answer.length === EVENT_ANSWER_BYTES &&
    answer[11] === request[0] &&
    answer[12] === request[1] &&
    answer[13] === request[2],
  decode: decodeEventAnswer,
  secrets: [],
} as const satisfies PanelCommand<{ readonly index: number }, EventAnswer>

export const readEventText = {
  name: 'readEventText',
  number: COMMAND.readEventText,
  kind: 'read',
  encode: ({ code, restore, length }) => encodeEventTextRequest(code, restore, length),
  matches: (answer, request) =>
    answer[0] === request[0] && answer[1] === request[1] && answer.length === ((request[0] as number) & 0x80 ? 51 : 21),
  decode: (answer, context) => decodeEventText(answer, context.codePage),
  silenceIsAnswer: true,
  secrets: [],
} as const satisfies PanelCommand<
  { readonly code: number; readonly restore: boolean; readonly length: EventTextLength },
  EventTextAnswer
>
