import { isOfWebhooks, snapshotPrefix, webhookStream } from '@app/charge-box';
import { sealStream } from '@app/event-store';
import type { EventStore, RecordedEvent } from '@app/kernel';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { PartNote } from './ndjson';
import { endLine, headerLine, lineOf } from './ndjson';
import type { Pseudonyms } from './pseudonyms';
import { scan } from './scan';
import type { Selection } from './selection';
import { filterOf, selects } from './selection';
import type { MovedEvent, Summary } from './summary';
import { Digest } from './summary';

export interface ExportOptions {
  readonly selection: Selection;
  readonly pseudonyms?: Pseudonyms | undefined;
  readonly onProgress?: (share: number, events: number) => void;
}

/** Writes a history, or the wanted part of it, as lines that `copy` and `import` take. Resolves when the stream has taken everything. */
export async function exportHistory(
  log: Pick<EventStore, 'readAll' | 'head'>,
  output: Writable,
  { selection, pseudonyms, onProgress }: ExportOptions,
): Promise<Summary> {
  const note = noteOf(selection, pseudonyms);
  const digest = new Digest();
  const numbers = note.renumbered ? new Numbers() : undefined;
  const isWanted = selects(selection);
  // Snapshots and seals stand for events at their places, and say much of what pseudonyms hide; links vouch for what is not changed.
  const isWhole = note.part === undefined && pseudonyms === undefined;
  await write(output, headerLine(note));
  for await (const { events, share } of scan(log, { filter: filterOf(selection) })) {
    const wanted = events.filter((event) => isWanted(event) && (isWhole || !isBoundToPlaces(event)));
    const moved = wanted.map((event): MovedEvent => {
      const unlinked = isWhole ? event : withoutLink(event);
      const named = pseudonyms?.event(unlinked) ?? unlinked;
      return numbers === undefined ? named : { ...named, revision: numbers.next(named.stream) };
    });
    for (const event of moved) digest.take(event);
    await write(output, moved.map(lineOf).join(''));
    onProgress?.(share, digest.count);
  }
  const summary = digest.summary();
  await write(output, endLine(summary));
  return summary;
}

const isBoundToPlaces = ({ stream }: MovedEvent): boolean =>
  stream.startsWith(snapshotPrefix) || stream === sealStream || (isOfWebhooks(stream) && stream !== webhookStream);

function withoutLink(event: RecordedEvent): RecordedEvent {
  const { chain: _chain, ...metadata } = event.metadata;
  return { ...event, metadata };
}

class Numbers {
  private readonly counts = new Map<string, number>();

  next(stream: string): number {
    const number = this.counts.get(stream) ?? 0;
    this.counts.set(stream, number + 1);
    return number;
  }
}

function noteOf({ boxes, types, transaction, since, until }: Selection, pseudonyms: Pseudonyms | undefined): PartNote {
  const part = {
    ...(boxes === undefined ? {} : { boxes: pseudonyms ? boxes.map((box) => pseudonyms.identity(box)) : boxes }),
    ...(types === undefined ? {} : { types }),
    ...(transaction === undefined ? {} : { transaction }),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
  };
  const hasGaps = [types, transaction, since, until].some((each) => each !== undefined);
  return {
    ...(Object.keys(part).length === 0 ? {} : { part }),
    ...(hasGaps ? { renumbered: true as const } : {}),
    ...(pseudonyms === undefined ? {} : { pseudonyms: true as const }),
  };
}

async function write(output: Writable, text: string): Promise<void> {
  if (text !== '' && !output.write(text)) await once(output, 'drain');
}
