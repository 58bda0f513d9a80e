import { benchList } from './list.ts'
import { printResult } from './report.ts'
printResult(await benchList({ sites: 500, alarms: 40_000, openAlarms: 5000, eventsPerAlarm: 5 }), false)
