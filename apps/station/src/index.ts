export { addEncryptionKey } from './encryption-keys.ts'
export { openStationStore } from './station-database.ts'
export { isRefusal, STATION_ERROR_CODES, StationError, type StationErrorCode } from './errors.ts'
export { type Station, type StationOptions, type StationUser, startStation } from './start-station.ts'
