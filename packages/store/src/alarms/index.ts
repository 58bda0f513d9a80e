export {
  type AlarmSite,
  alarmSite,
  alarmTransitions,
  type EventFilter,
  type EventPosition,
  findAlarm,
  type LastChange,
  lastAlarmChange,
  listEvents,
  procedureFor,
  recentAlarms,
} from './alarm-detail.ts'
export { readAlarmSummaries } from './alarm-summary.ts'
export {
  type AlarmChange,
  changeAlarm,
  hasLiveSession,
  type LockedAlarm,
  lockAlarm,
  recordPresented,
  tellAlarmChanges,
} from './change-alarm.ts'
export {
  type AlarmFilter,
  type AlarmPage,
  type AlarmPosition,
  countOpenAlarms,
  listAlarms,
  type OpenCounts,
} from './list-alarms.ts'
