import { isOfWebhooks, snapshotPrefix, webhookStream } from '@app/charge-box';
import { sealStream } from '@app/event-store';
import type { EventStore, RecordedEvent } from '@app/kernel';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
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

/** Writes a history, or the wanted part of it, as lines that `copy` and `import` take. Rejects when the stream takes no more; does not end it. */
export async function exportHistory(
  log: Pick<EventStore, 'readAll' | 'head'>,
  output: Writable,
  options: ExportOptions,
): Promise<Summary> {
  const digest = new Digest();
  await pipeline(linesOf(log, options, digest), output, { end: false });
  return digest.summary();
}

async function* linesOf(
  log: Pick<EventStore, 'readAll' | 'head'>,
  { selection, pseudonyms, onProgress }: ExportOptions,
  digest: Digest,
): AsyncGenerator<string> {
  const note = noteOf(selection, pseudonyms);
  const numbers = note.renumbered ? new Numbers() : undefined;
  const isWanted = selects(selection);
  // Snapshots and seals stand for events at their places, and say much of what pseudonyms hide; links vouch for what is not changed.
  const isWhole = note.part === undefined && pseudonyms === undefined;
  yield headerLine(note);
  for await (const { events, share } of scan(log, { filter: filterOf(selection) })) {
    const wanted = events.filter((event) => isWanted(event) && (isWhole || !isBoundToPlaces(event)));
    const moved = wanted.map((event): MovedEvent => {
      const unlinked = isWhole ? event : withoutLink(event);
      const named = pseudonyms?.event(unlinked) ?? unlinked;
      return numbers === undefined ? named : { ...named, revision: numbers.next(named.stream) };
    });
    for (const event of moved) digest.take(event);
    if (moved.length > 0) yield moved.map(lineOf).join('');
    onProgress?.(share, digest.count);
  }
  yield endLine(digest.summary());
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
