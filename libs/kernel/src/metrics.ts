/** Every figure that the service counts, once: name, kind, help, labels. All labels have few values, none is chosen by a charge box. */
export const metricTable = {
  ocpp_requests_total: {
    kind: 'counter',
    help: 'Requests of charge boxes, by operation and outcome.',
    labels: ['operation', 'outcome'],
  },
  ocpp_repeated_requests_total: {
    kind: 'counter',
    help: 'Requests that repeated one already recorded.',
    labels: ['operation'],
  },
  ocpp_request_seconds: {
    kind: 'histogram',
    help: 'From the last byte of a request to the answer.',
    labels: ['operation'],
  },
  ocpp_quirks_total: { kind: 'counter', help: 'Deviations from the protocol, by name.', labels: ['quirk'] },
  ocpp_refused_http_total: {
    kind: 'counter',
    help: 'HTTP requests refused before SOAP, by reason.',
    labels: ['reason'],
  },
  ocpp_candidates_dropped_total: {
    kind: 'counter',
    help: 'Boots of unknown identities not recorded because there are too many candidates.',
    labels: [],
  },
  captures_dropped_total: {
    kind: 'counter',
    help: 'Messages that were to be captured and were not: too many at a time, or the file failed.',
    labels: [],
  },
  charge_box_activations_total: { kind: 'counter', help: 'Charge boxes loaded from their history.', labels: [] },
  charge_box_activation_seconds: { kind: 'histogram', help: 'Time to load a charge box from its history.', labels: [] },
  charge_box_conflicts_total: { kind: 'counter', help: 'Appends that met events of another writer.', labels: [] },
  heartbeats_lost_total: { kind: 'counter', help: 'Heartbeats answered but not recorded.', labels: [] },
  saga_events_skipped_total: {
    kind: 'counter',
    help: 'Events that could not be folded into the to-do lists.',
    labels: [],
  },
  neighbour_events_skipped_total: {
    kind: 'counter',
    help: 'Events of other instances that could not be taken into account.',
    labels: [],
  },
  tasks_done_total: { kind: 'counter', help: 'Tasks of the to-do lists that were done, by kind.', labels: ['kind'] },
  tasks_failed_total: {
    kind: 'counter',
    help: 'Tasks that failed and were put back, by kind.',
    labels: ['kind'],
  },
  operations_sent_total: {
    kind: 'counter',
    help: 'Operations sent to charge boxes, by operation and outcome.',
    labels: ['operation', 'outcome'],
  },
  operation_seconds: {
    kind: 'histogram',
    help: 'From sending an operation to the end of its answer.',
    labels: ['operation'],
  },
  read_models_lag_seconds: { kind: 'gauge', help: 'How long the read models have not shown everything.', labels: [] },
  requests_pending: { kind: 'gauge', help: 'Requests that wait for an answer from outside.', labels: [] },
  tasks_waiting: { kind: 'gauge', help: 'Tasks on the to-do lists.', labels: [] },
  charge_boxes_kept: { kind: 'gauge', help: 'Charge boxes kept in memory.', labels: [] },
  feed_subscribers: { kind: 'gauge', help: 'Connections that follow a feed.', labels: [] },
  feed_subscribers_cut_total: {
    kind: 'counter',
    help: 'Connections that followed a feed and were cut because they did not read.',
    labels: [],
  },
  webhook_deliveries_total: {
    kind: 'counter',
    help: 'Attempts to deliver to webhooks, by outcome: delivered, failed, given-up.',
    labels: ['outcome'],
  },
  webhook_delivery_seconds: { kind: 'histogram', help: 'Time of an attempt to deliver to a webhook.', labels: [] },
  webhook_boxes_waiting: {
    kind: 'gauge',
    help: 'Charge boxes whose events wait for a webhook, counted for each webhook.',
    labels: [],
  },
  snapshots_failed_total: {
    kind: 'counter',
    help: 'Snapshots that could not be stored. Only speed suffers.',
    labels: [],
  },
} as const satisfies Record<
  string,
  { kind: 'counter' | 'histogram' | 'gauge'; help: string; labels: readonly string[] }
>;

export type MetricName = keyof typeof metricTable;

/** Where figures go. An adapter names its technology; `silentMeter` forgets them. */
export interface Meter {
  /** Adds one to a counter. Label values in the order of the table. */
  count(name: MetricName, ...labels: readonly string[]): void;
  /** Takes a duration in seconds into a histogram. */
  observe(name: MetricName, seconds: number, ...labels: readonly string[]): void;
}

export const silentMeter: Meter = { count: () => undefined, observe: () => undefined };
