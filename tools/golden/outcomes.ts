import type { StoredEvent } from '@app/charge-box';
import {
  answeringRulesStream,
  deadLetterStream,
  heartbeatStream,
  idTagStream,
  localListStream,
  presetStream,
  stateStream,
  streamOf,
  telemetryStream,
  transactionIdClaimStream,
  transactionIdStream,
  webhookLeaseStream,
  webhookProgressStream,
  webhookStream,
} from '@app/charge-box';
import { openInMemoryStore } from '@app/event-store';
import type { EventStore } from '@app/kernel';
import { dump, rebuildFromZero } from '@app/read-models';
import { loadChargeBox } from '@app/runtime';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An event as it was stored once. */
export interface GoldenEvent {
  readonly type: string;
  readonly schema: number;
  readonly data: object;
}

/** What an event leads to, after a history that is the same for all: the members of the state, and the rows, that are others than before. */
export interface Outcome {
  readonly state: Readonly<Record<string, unknown>>;
  readonly rows: readonly string[];
}

const identity = 'GOLDEN-1';
const receivedAt = '2026-03-01T12:00:00.000Z';
const clock = { now: () => Date.parse(receivedAt) };

/** What each of the events leads to after those that are given. */
export async function outcomesOf(
  given: readonly GoldenEvent[],
  events: readonly GoldenEvent[],
): Promise<readonly Outcome[]> {
  const folder = mkdtempSync(join(tmpdir(), 'golden-'));
  try {
    const before = await picture(given, join(folder, 'given.db'));
    const outcomes: Outcome[] = [];
    for (const [place, event] of events.entries())
      outcomes.push(difference(before, await picture([...given, event], join(folder, `${place}.db`))));
    return outcomes;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Picture {
  readonly state: Readonly<Record<string, unknown>>;
  readonly rows: readonly string[];
}

async function picture(events: readonly GoldenEvent[], file: string): Promise<Picture> {
  const store = openInMemoryStore({ clock });
  for (const [place, event] of events.entries()) await append(store, event, `event-${place}`);
  await rebuildFromZero(store, file);
  const { state } = await loadChargeBox(store, identity);
  return { state: JSON.parse(JSON.stringify(state)) as Picture['state'], rows: dump(file).split('\n') };
}

async function append(store: EventStore, { type, schema, data }: GoldenEvent, id: string): Promise<void> {
  const metadata = { schema, correlationId: id, causationId: id, actor: 'charge-box', receivedAt };
  await store.append(streamFor(type as StoredEvent['type'], data), [{ id, type, data, metadata }], 'any');
}

function streamFor(type: StoredEvent['type'], data: object): string {
  switch (type) {
    case 'IdTagSaved':
    case 'IdTagRemoved':
      return idTagStream('CARD-1');
    case 'PresetSaved':
    case 'PresetRemoved':
      return presetStream('a name');
    case 'TransactionIdsReserved':
      return transactionIdStream;
    case 'TransactionIdsClaimed':
      return transactionIdClaimStream((data as { first: number }).first);
    case 'LocalListEntriesStored':
      return localListStream('list-1');
    case 'AnsweringChanged':
      return answeringRulesStream;
    case 'WebhookSaved':
    case 'WebhookSwitchedOff':
    case 'WebhookRemoved':
    case 'WebhookReplayWanted':
      return webhookStream;
    case 'WebhookProgressed':
      return webhookProgressStream('webhook-1');
    case 'WebhookDeliveryGivenUp':
    case 'WebhookRedeliveryWanted':
    case 'WebhookRedelivered':
      return deadLetterStream('webhook-1');
    case 'WebhookLeaseTaken':
      return webhookLeaseStream;
    default:
      return { state: stateStream, telemetry: telemetryStream, heartbeats: heartbeatStream }[streamOf(type)](identity);
  }
}

function difference(before: Picture, after: Picture): Outcome {
  const members = [...new Set([...Object.keys(before.state), ...Object.keys(after.state)])].sort();
  const changed = members.filter((name) => JSON.stringify(before.state[name]) !== JSON.stringify(after.state[name]));
  return {
    state: Object.fromEntries(changed.map((name) => [name, after.state[name] ?? null])),
    rows: [
      ...before.rows.filter((row) => !after.rows.includes(row)).map((row) => `- ${row}`),
      ...after.rows.filter((row) => !before.rows.includes(row)).map((row) => `+ ${row}`),
    ],
  };
}
