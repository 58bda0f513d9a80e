/** Panel models by the type code of 0x7E (reference 4.3). */
export type PanelModel =
  | 'INTEGRA 24'
  | 'INTEGRA 32'
  | 'INTEGRA 64'
  | 'INTEGRA 128'
  | 'INTEGRA 128-WRL SIM300'
  | 'INTEGRA 64 Plus'
  | 'INTEGRA 128 Plus'
  | 'INTEGRA 256 Plus'
  | 'INTEGRA 128-WRL LEON'

/** Sizes of a model (reference 6.1). The event log size is not documented and therefore absent. */
export interface PanelType {
  readonly typeCode: number
  /** Low half of the type code, as 0x1A reports it. */
  readonly basicType: number
  readonly model: PanelModel
  readonly plus: boolean
  readonly zones: number
  readonly partitions: number
  readonly outputs: number
  readonly objects: number
  readonly timers: number
  readonly telephones: number
  readonly keypadBusAddresses: number
  readonly expanderAddresses: number
  readonly users: number
  readonly masters: number
  /** Zones on the main board; radio devices are numbered behind them (reference 4.4). */
  readonly zonesOnBoard: number
}

type Row = [number, PanelModel, number, number, number, number, number, number, number, number, number, number]
// code, model, zones, partitions, outputs, objects, timers, keypad bus, expanders, users, masters, zones on board
const ROWS: readonly Row[] = [
  [0, 'INTEGRA 24', 24, 4, 24, 1, 16, 4, 32, 16, 1, 4],
  [1, 'INTEGRA 32', 32, 16, 32, 4, 28, 4, 32, 64, 4, 8],
  [2, 'INTEGRA 64', 64, 32, 64, 8, 64, 8, 64, 192, 8, 16],
  [3, 'INTEGRA 128', 128, 32, 128, 8, 64, 8, 64, 240, 8, 16],
  [4, 'INTEGRA 128-WRL SIM300', 128, 32, 128, 8, 64, 8, 32, 240, 8, 8],
  [66, 'INTEGRA 64 Plus', 64, 32, 64, 8, 64, 8, 64, 192, 8, 16],
  [67, 'INTEGRA 128 Plus', 128, 32, 128, 8, 64, 8, 64, 240, 8, 16],
  [72, 'INTEGRA 256 Plus', 256, 32, 256, 8, 64, 8, 64, 240, 8, 16],
  [132, 'INTEGRA 128-WRL LEON', 128, 32, 128, 8, 64, 8, 32, 240, 8, 8],
]

export const PANEL_TYPES: readonly PanelType[] = ROWS.map(
  ([typeCode, model, zones, partitions, outputs, objects, timers, keypads, expanders, users, masters, onBoard]) => ({
    typeCode,
    basicType: typeCode & 0x0f,
    model,
    plus: (typeCode & 0x40) !== 0,
    zones,
    partitions,
    outputs,
    objects,
    timers,
    telephones: 16,
    keypadBusAddresses: keypads,
    expanderAddresses: expanders,
    users,
    masters,
    zonesOnBoard: onBoard,
  }),
)

/** The model of a 0x7E type code, undefined for one this package does not know. */
export function panelType(typeCode: number): PanelType | undefined {
  return PANEL_TYPES.find((type) => type.typeCode === typeCode)
}

/** Languages of 0x7E by number (reference 4.3; 0, 1 and 9 confirmed). */
export const PANEL_LANGUAGES: readonly string[] =
  'pl en uk ru de sk it cs hu nl ga no da is el fr es pt fi sl sv tr ro et bg lv mk sr sq en-AU lt'.split(' ')
