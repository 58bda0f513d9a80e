import { z } from 'zod'
import { Fault } from '../module/fault.ts'
import { PanelMode } from './panel-spec.ts'
import { troubleNames } from './troubles.ts'

const Zone = z.int().min(1).max(256)
const Partition = z.int().min(1).max(32)
const User = z.int().min(1).max(255)
const Address = z.int().min(0).max(63)
const Partitions = z.array(Partition).min(1).max(32)

const which = {
  /** One partition ... */
  partition: Partition.optional(),
  /** ... or several; neither: all. */
  partitions: Partitions.optional(),
}
const actor = { user: User.optional() }
const trouble = {
  trouble: z.enum(troubleNames),
  /** Which one, where there are several: expander or keypad address, zone, output, user. Absent: the first. */
  index: z.int().min(0).max(256).optional(),
}

/** Everything that can be done to a virtual panel; see docs/simulator.md. */
export const PanelAction = z
  .discriminatedUnion('action', [
    z.object({ action: z.literal('violate'), zone: Zone }),
    z.object({ action: z.literal('restore'), zone: Zone }),
    /** Without a zone: the panel's own lid; with an address: that expander or keypad. */
    z.object({
      action: z.literal('tamper'),
      zone: Zone.optional(),
      expander: Address.optional(),
      keypad: Address.max(7).optional(),
    }),
    z.object({
      action: z.literal('tamper_restore'),
      zone: Zone.optional(),
      expander: Address.optional(),
      keypad: Address.max(7).optional(),
    }),
    z.object({ action: z.literal('alarm'), zone: Zone }),
    z.object({
      action: z.literal('arm'),
      ...which,
      ...actor,
      mode: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]).default(0),
      /** Without the exit delay. */
      now: z.boolean().default(false),
    }),
    z.object({ action: z.literal('disarm'), ...which, ...actor }),
    z.object({ action: z.literal('clear_alarm'), ...which, ...actor }),
    z.object({ action: z.literal('bypass'), zone: Zone }),
    z.object({ action: z.literal('unbypass'), zone: Zone }),
    z.object({ action: z.literal('isolate'), zone: Zone }),
    z.object({ action: z.literal('trouble'), ...trouble, now: z.boolean().default(false) }),
    z.object({ action: z.literal('trouble_restore'), ...trouble }),
    z.object({ action: z.literal('ac_loss'), now: z.boolean().default(false) }),
    z.object({ action: z.literal('ac_restore') }),
    z.object({
      action: z.literal('wrong_code'),
      partition: Partition.default(1),
      /** Three in a row are reported (code 461). */
      attempts: z.int().min(1).max(10).default(3),
    }),
    z.object({ action: z.literal('duress'), partition: Partition.default(1), ...actor }),
    z.object({ action: z.literal('panic'), partition: Partition.default(1), silent: z.boolean().default(false) }),
    z.object({ action: z.literal('fire'), zone: Zone.optional(), partition: Partition.default(1) }),
    z.object({ action: z.literal('medical'), partition: Partition.default(1) }),
    z.object({ action: z.literal('temperature'), zone: Zone, celsius: z.number().min(-55).max(125).nullable() }),
    z.object({ action: z.literal('output'), output: z.int().min(1).max(256), on: z.boolean() }),
    z.object({ action: z.literal('door_open'), expander: Address }),
    z.object({ action: z.literal('door_close'), expander: Address }),
    z.object({ action: z.literal('access'), user: User, expander: Address, granted: z.boolean().default(true) }),
    z.object({ action: z.literal('block_partition'), partition: Partition, durationMs: z.int().min(1).max(3_600_000) }),
    z.object({ action: z.literal('clock_shift'), seconds: z.number().min(-400_000_000).max(400_000_000) }),
    z.object({ action: z.literal('reset_memory') }),
    z.object({ action: z.literal('reset_trouble_memory') }),
    z.object({ action: z.literal('service_mode'), on: z.boolean() }),
    z.object({ action: z.literal('test_transmission') }),
    /** Two records: the TCP/IP event and the second half of the address (reference 5.2). */
    z.object({
      action: z.literal('tcp_link'),
      link: z.enum(['internet', 'dloadx', 'guardx']).default('dloadx'),
      open: z.boolean().default(true),
      ip: z.ipv4().default('192.0.2.17'),
    }),
    /** Any record, for what has no action of its own. */
    z.object({
      action: z.literal('event'),
      code: z.int().min(1).max(1023),
      restore: z.boolean().default(false),
      partition: Partition.default(1),
      zone: Zone.optional(),
      source: z.int().min(0).max(255).default(0),
    }),
    z.object({ action: z.literal('mode'), mode: PanelMode }),
    Fault.extend({ action: z.literal('fault') }),
  ])
  .meta({ id: 'PanelAction' })
export type PanelAction = z.infer<typeof PanelAction>
export type PanelActionInput = z.input<typeof PanelAction>
export type PanelActionName = PanelAction['action']

export const panelActionNames = PanelAction.options.map((option) => option.shape.action.value) as PanelActionName[]
