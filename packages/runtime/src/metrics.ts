import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export type { Counter, Gauge, Histogram } from 'prom-client'

export interface MetricShape<Label extends string> {
  readonly name: string
  readonly help: string
  /** Few and bounded: never an id of something customers create, but for panels where spec 10 asks for it. */
  readonly labels?: readonly Label[]
}

export interface HistogramShape<Label extends string> extends MetricShape<Label> {
  /** Upper bounds, ascending, in the unit of the metric's name. */
  readonly buckets?: readonly number[]
}

/**
 * The metrics of one process. Asking twice for a name gives the same metric, so that modules need not hand them
 * around; asking with another kind or other labels throws.
 */
export interface Metrics {
  counter<Label extends string = never>(shape: MetricShape<Label>): Counter<Label>
  gauge<Label extends string = never>(
    shape: MetricShape<Label> & { collect?: (gauge: Gauge<Label>) => void },
  ): Gauge<Label>
  histogram<Label extends string = never>(shape: HistogramShape<Label>): Histogram<Label>
  /** The exposition text for `GET /metrics`. */
  text(): Promise<string>
  readonly contentType: string
}

/** Seconds; from half a millisecond to half a minute, as alarm paths are measured in both. */
const LATENCY_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30]

/** @param options.process also collect memory, CPU, event-loop lag and garbage collection of this process. */
export function createMetrics(options: { service: string; process?: boolean }): Metrics {
  const registry = new Registry()
  registry.setDefaultLabels({ service: options.service })
  if (options.process) collectDefaultMetrics({ register: registry })
  const shapes = new Map<string, string>()

  function known<Metric>(kind: string, shape: MetricShape<string>, make: () => Metric): Metric {
    const described = `${kind}(${[...(shape.labels ?? [])].sort().join(',')})`
    const before = shapes.get(shape.name)
    if (before === undefined) {
      shapes.set(shape.name, described)
      return make()
    }
    if (before !== described) throw new TypeError(`metric ${shape.name} is ${before}, asked for as ${described}`)
    return registry.getSingleMetric(shape.name) as Metric
  }

  return {
    counter: (shape) => known('counter', shape, () => new Counter({ ...base(shape), registers: [registry] })),
    gauge: (shape) =>
      known('gauge', shape, () => {
        const { collect } = shape
        return new Gauge({
          ...base(shape),
          registers: [registry],
          ...(collect
            ? {
                collect() {
                  collect(this)
                },
              }
            : {}),
        })
      }),
    histogram: (shape) =>
      known(
        'histogram',
        shape,
        () =>
          new Histogram({ ...base(shape), buckets: [...(shape.buckets ?? LATENCY_SECONDS)], registers: [registry] }),
      ),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}

function base<Label extends string>(shape: MetricShape<Label>) {
  return { name: shape.name, help: shape.help, labelNames: [...(shape.labels ?? [])] }
}
