import type { Appended, ExpectedRevision } from '@app/kernel';
import { NO_STREAM } from '@app/kernel';
import type { EventText } from '../event-text';
import type { TamedClient } from './client';
import type { Given } from './events';
import { proposed, recordedOf, storedId } from './events';
import { failureOf } from './failures';
import type { StreamNames } from './names';
import type { Patience } from './patience';
import { textOf } from './positions';
import type { StreamPages } from './stream-pages';

type Landed = Extract<Appended, { outcome: 'appended' }>;

interface AppendParts {
  readonly client: TamedClient;
  readonly patience: Patience;
  readonly names: StreamNames;
  readonly streams: StreamPages;
}

/** Appends of which the truth is told: whatever was lost on the way, each batch is stored once. */
export class Appends {
  constructor(private readonly parts: AppendParts) {}

  async append(stream: string, batch: readonly EventText[], expected: ExpectedRevision): Promise<Appended> {
    const known = expected === 'any' ? await this.atTheEnd(stream, batch) : undefined;
    return known ?? this.appendSafely(stream, batch, expected);
  }

  /** The identical batch at the same revision, until the truth is known. */
  private async appendSafely(
    stream: string,
    batch: readonly EventText[],
    expected: ExpectedRevision,
  ): Promise<Appended> {
    const events = batch.map(proposed);
    const name = this.parts.names.onServer(stream);
    let isFirst = true;
    try {
      return await this.parts.patience.with(async () => {
        // The server forgets ids that were appended to any revision.
        const known = isFirst || expected !== 'any' ? undefined : await this.atTheEnd(stream, batch);
        isFirst = false;
        if (known !== undefined) return known;
        const { revision, position } = await this.parts.client.append(name, events, expected);
        const text = position === undefined ? undefined : textOf(position);
        return { outcome: 'appended', revision, position: text ?? (await this.positionOf(stream, revision)) };
      });
    } catch (error) {
      const failure = failureOf(error);
      if (failure.kind !== 'conflict') throw error;
      return (await this.whereExpected(stream, batch, expected)) ?? this.conflict(stream, failure.actual);
    }
  }

  private async conflict(stream: string, actual: number | undefined): Promise<Appended> {
    return { outcome: 'conflict', actualRevision: actual ?? (await this.parts.streams.lastRevision(stream)) };
  }

  /** A server may call its own repetition of an append a conflict. */
  private async whereExpected(
    stream: string,
    batch: readonly EventText[],
    expected: ExpectedRevision,
  ): Promise<Landed | undefined> {
    if (expected === 'any') return undefined;
    const from = expected === NO_STREAM ? 0 : expected + 1;
    return landed(await this.parts.streams.read(stream, from, 'forwards', batch.length), batch);
  }

  /** The result of the batch, if it ends the stream already. */
  private async atTheEnd(stream: string, batch: readonly EventText[]): Promise<Landed | undefined> {
    return landed([...(await this.parts.streams.read(stream, 'end', 'backwards', batch.length))].reverse(), batch);
  }

  private async positionOf(stream: string, revision: number): Promise<string> {
    return (await this.parts.streams.positionOf(stream, revision)) ?? '';
  }
}

function landed(there: readonly Given[], batch: readonly EventText[]): Landed | undefined {
  const last = there.at(-1);
  if (last === undefined || there.length < batch.length) return undefined;
  if (there.some(({ id }, place) => id !== storedId(batch[place]?.id ?? ''))) return undefined;
  const { revision, position } = recordedOf(last);
  return { outcome: 'appended', revision, position };
}
