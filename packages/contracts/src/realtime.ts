/**
 * WebSocket messages. Source: spec 04 "WebSocket".
 * Numbered messages (sequence_id > 0) are durable and replayable; `sequence_id: null` ones are volatile pictures.
 */
import { z } from 'zod'
import { AlarmSummary } from './alarm.ts'
import { PanelLive } from './live.ts'
import { SystemStatus } from './system.ts'
import { Instant, Sequence, Uuid } from './vocabulary.ts'

/** `alarms`: the queue; `panels`: status of every visible panel; `panel:{id}`: full live state of one; `system`. */
export const Channel = z.union([z.enum(['alarms', 'panels', 'system']), z.string().regex(/^panel:[0-9a-f-]{36}$/)])
export type Channel = z.infer<typeof Channel>

const envelope = { sequence_id: Sequence.nullable(), timestamp: Instant }
export const AlarmMessageType = z.enum(['alarm.new', 'alarm.updated', 'alarm.closed'])
export type AlarmMessageType = z.infer<typeof AlarmMessageType>

export const ServerMessage = z.discriminatedUnion('type', [
  z.object({
    ...envelope,
    type: z.literal('hello'),
    data: z.object({
      instance_id: z.string(),
      stream_position: Sequence,
      server_time: Instant,
      /** True when this connection sees every number, so that a missing one means loss. False with a site scope. */
      contiguous: z.boolean(),
    }),
  }),
  z.object({ ...envelope, type: z.literal('subscribed'), data: z.object({ channels: z.array(z.string()) }) }),
  z.object({ ...envelope, type: z.literal('alarm.new'), data: AlarmSummary }),
  z.object({ ...envelope, type: z.literal('alarm.updated'), data: AlarmSummary }),
  z.object({ ...envelope, type: z.literal('alarm.closed'), data: AlarmSummary }),
  z.object({
    ...envelope,
    type: z.literal('panel.status'),
    data: PanelLive.pick({
      panel_id: true,
      epoch: true,
      version: true,
      connection: true,
      connection_detail: true,
      connection_since: true,
      last_contact_at: true,
    }),
  }),
  z.object({ ...envelope, type: z.literal('panel.state'), data: PanelLive }),
  z.object({
    ...envelope,
    type: z.literal('site.updated'),
    data: z.object({ site_id: Uuid, version: z.int(), service_mode: z.boolean(), test_mode: z.boolean() }),
  }),
  z.object({ ...envelope, type: z.literal('system.status'), data: SystemStatus }),
  z.object({
    ...envelope,
    type: z.literal('replay_done'),
    data: z.object({ from: Sequence, to: Sequence, count: z.int(), tier: z.int().min(1).max(2) }),
  }),
  z.object({
    ...envelope,
    type: z.literal('replay_overflow'),
    /** Live messages go on from `stream_position`; what lies before it has to be loaded by REST. */
    data: z.object({ retry_after_ms: z.int().min(0).max(5000), stream_position: Sequence }),
  }),
  z.object({ ...envelope, type: z.literal('auth_check'), data: z.object({ answer_within_ms: z.int() }) }),
  z.object({ ...envelope, type: z.literal('pong'), data: z.object({ id: z.int(), stream_position: Sequence }) }),
  z.object({ ...envelope, type: z.literal('error'), data: z.object({ code: z.string(), message: z.string() }) }),
])
export type ServerMessage = z.infer<typeof ServerMessage>

export const ClientMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ping'), id: z.int().min(0).default(0) }),
  z.object({ type: z.literal('subscribe'), channels: z.array(Channel).max(50) }),
  z.object({ type: z.literal('replay_request'), last_sequence_id: Sequence }),
  z.object({ type: z.literal('auth'), access_token: z.string().max(4096) }),
])
export type ClientMessage = z.infer<typeof ClientMessage>

/** WebSocket close codes of ours; 1012 = server restarting (standard). */
export const closeCodes = {
  badTicket: 4001,
  authExpired: 4002,
  tooSlow: 4008,
  protocolError: 4003,
  restarting: 1012,
} as const
