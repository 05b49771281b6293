import type { Meter, MetricName } from '@app/kernel';
import { metricTable } from '@app/kernel';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** The figures of the service in the format of Prometheus. */
export class PrometheusMeter implements Meter {
  private readonly registry = new Registry();
  private readonly counters = new Map<MetricName, Counter>();
  private readonly histograms = new Map<MetricName, Histogram>();
  private readonly children = new Map<string, unknown>();

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    for (const [name, { kind, help, labels }] of Object.entries(metricTable)) {
      const options = { name, help, labelNames: [...labels], registers: [this.registry] };
      if (kind === 'counter') this.counters.set(name as MetricName, new Counter(options));
      if (kind === 'histogram') this.histograms.set(name as MetricName, new Histogram({ ...options, buckets }));
    }
  }

  count(name: MetricName, ...labels: readonly string[]): void {
    this.child(this.counters, name, labels)?.inc();
  }

  observe(name: MetricName, seconds: number, ...labels: readonly string[]): void {
    this.child(this.histograms, name, labels)?.observe(seconds);
  }

  /** Has a figure read whenever all are asked for. */
  watch(name: MetricName, read: () => number): void {
    const { help } = metricTable[name];
    new Gauge({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.set(read());
      },
    });
  }

  // Finding a child by its labels costs more than counting in it, and there are few of them.
  private child<Child>(
    metrics: ReadonlyMap<MetricName, { labels(...values: string[]): Child }>,
    name: MetricName,
    labels: readonly string[],
  ): Child | undefined {
    const key = `${name} ${labels.join(' ')}`;
    const known = this.children.get(key) ?? metrics.get(name)?.labels(...labels);
    if (known !== undefined) this.children.set(key, known);
    return known as Child | undefined;
  }

  /** All figures as text. */
  render(): Promise<string> {
    return this.registry.metrics();
  }
}
