export {
  type BackoffOptions,
  backoffDelayMs,
  type RetryOptions,
  retry,
} from './backoff.ts'
export { BoundedQueue } from './bounded-queue.ts'
export { type Breaker, type BreakerOptions, type BreakerState, createBreaker } from './breaker.ts'
export { type Bulkhead, type BulkheadOptions, createBulkhead } from './bulkhead.ts'
export { type Clock, isoTime, sleepWith, systemClock } from './clock.ts'
export {
  type ConfigField,
  type ConfigSources,
  configFields,
  describeConfig,
  loadConfig,
  processSources,
} from './config.ts'
export { withDeadline } from './deadline.ts'
export { isRuntimeError, RUNTIME_ERROR_CODES, RuntimeError, type RuntimeErrorCode } from './errors.ts'
export { type FeatureSettings, featureFields, featuresOf, haProblems, switchedOff } from './features.ts'
export { createKeyring, type FernetOptions, generateFernetKey, type Keyring } from './fernet.ts'
export { type HealthServer, type HealthServerOptions, healthzBody, startHealthServer } from './health-server.ts'
export { createLog, type Log, type LogFields, type LogLevel, type LogOptions, silentLog } from './log.ts'
export {
  type Counter,
  createMetrics,
  type Gauge,
  type Histogram,
  type HistogramShape,
  type MetricShape,
  type Metrics,
} from './metrics.ts'
export {
  type CheckResult,
  createReadiness,
  type Lifecycle,
  type Readiness,
  type ReadinessCheck,
  type ReadinessReport,
  statusCheck,
} from './readiness.ts'
export { redact, redactText } from './redact.ts'
export { type AppContext, type RunAppOptions, type Running, runApp } from './run-app.ts'
export { Secret, secretField } from './secret.ts'
export { currentTrace, requestId, type Trace, withTrace } from './trace.ts'
export { isUuid, uuidv5, uuidv7 } from './uuid.ts'
