/**
 * The words every process and the console share. Source: spec 00 (glossary, roles), 02 (alarms), 06 (permissions).
 */
import { z } from 'zod'

export const priorities = ['CRITICAL', 'WARNING', 'INFO'] as const
export const Priority = z.enum(priorities)
export type Priority = z.infer<typeof Priority>

export const alarmStatuses = ['NEW', 'IN_PROGRESS', 'ACK', 'RESOLVED', 'CLOSED'] as const
export const AlarmStatus = z.enum(alarmStatuses)
export type AlarmStatus = z.infer<typeof AlarmStatus>

/** Streams keep unrelated causes of one site in separate alarms (spec 02, bundling). */
export const alarmStreams = ['panel', 'temperature', 'unauthorized', 'system', 'manual'] as const
export const AlarmStream = z.enum(alarmStreams)
export type AlarmStream = z.infer<typeof AlarmStream>

export const eventTypes = [
  'ALARM',
  'TAMPER',
  'TROUBLE',
  'RESTORE',
  'ARM',
  'DISARM',
  'BYPASS',
  'ACCESS',
  'TEST',
  'INFO',
  'UNAUTHORIZED_ACCESS',
  'TEMP_ALARM',
  'TEMP_NORMAL',
  'COMM_LOSS',
  'COMM_RESTORED',
  'AUTO_ARM_FAILED',
  'MANUAL',
  'SYNTHETIC',
] as const
export const EventType = z.enum(eventTypes)
export type EventType = z.infer<typeof EventType>

/** What the incident turned out to be; a close carries one. */
export const dispositions = ['REAL', 'FALSE', 'TEST', 'TECHNICAL', 'USER_ERROR', 'OTHER'] as const
export const Disposition = z.enum(dispositions)
export type Disposition = z.infer<typeof Disposition>

export const humanRoles = ['MASTER', 'ADMIN', 'OPERATOR', 'TECHNICIAN', 'FIELD_WORKER'] as const
export const systemRoles = ['SYSTEM_WORKER', 'SYSTEM_SMS', 'SYSTEM_RELAY'] as const
export const Role = z.enum([...humanRoles, ...systemRoles])
export type Role = z.infer<typeof Role>
export const ServiceRole = z.enum(systemRoles)
export type ServiceRole = z.infer<typeof ServiceRole>
export const HumanRole = z.enum(humanRoles)
export type HumanRole = z.infer<typeof HumanRole>

/** Every text a user reads exists in both languages. */
export const Text = z.object({ pl: z.string(), en: z.string() }).meta({ id: 'Text' })
export type Text = z.infer<typeof Text>

export const Language = z.enum(['pl', 'en'])
export type Language = z.infer<typeof Language>

export const Uuid = z.uuid()
/** ISO 8601 in UTC with milliseconds. */
export const Instant = z.iso.datetime({ offset: false })
/** Integers that may exceed 2^31 but stay exact in JSON. */
export const Sequence = z.int().min(0)
