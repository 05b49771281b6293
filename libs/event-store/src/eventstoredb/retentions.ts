import type { Retention } from '@app/kernel';
import { LRUCache } from 'lru-cache';
import type { TamedClient } from './client';
import type { Given } from './events';
import { storedId } from './events';
import { failureOf } from './failures';
import type { StreamNames } from './names';
import type { Patience } from './patience';

interface RetentionParts {
  readonly client: TamedClient;
  readonly patience: Patience;
  readonly names: StreamNames;
}

type Metadata = Readonly<Record<string, unknown>>;

const remembered = 20_000;
const tries = 5;

/** How much of a stream is kept: part of its metadata on the server, written only where it says something else. */
export class Retentions {
  private readonly known = new LRUCache<string, string>({ max: remembered });

  constructor(private readonly parts: RetentionParts) {}

  async retain(stream: string, retention: Retention): Promise<void> {
    const wanted = wantedMetadata(retention);
    const text = JSON.stringify(wanted);
    if (this.known.get(stream) === text) return;
    for (let left = tries; !(await this.settle(stream, wanted)); left -= 1)
      if (left === 0) throw new Error('the metadata of a stream keeps changing');
    this.known.set(stream, text);
  }

  /** False if another has changed the metadata meanwhile. What else it says, such as who may read, stays. */
  private async settle(stream: string, wanted: Metadata): Promise<boolean> {
    const name = `$$${this.parts.names.onServer(stream)}`;
    const last = await this.newest(name);
    const { $maxCount, $maxAge, ...others } = metadataOf(last);
    if (isDeleted(others) || (wanted.$maxCount === $maxCount && wanted.$maxAge === $maxAge)) return true;
    const revision = last === undefined ? -1 : Number(last.revision);
    const data = { ...others, ...wanted };
    const id = storedId(`${name} ${revision} ${JSON.stringify(data)}`);
    const event = { id, contentType: 'application/json', type: '$metadata', data, metadata: {} } as const;
    try {
      await this.parts.patience.with(() => this.parts.client.append(name, [event], revision));
      return true;
    } catch (error) {
      if (failureOf(error).kind !== 'conflict') throw error;
      return false;
    }
  }

  private async newest(name: string): Promise<Given | undefined> {
    const { client, patience } = this.parts;
    try {
      return (await patience.with(() => client.readStream(name, 'end', 'backwards', 1)))[0];
    } catch (error) {
      if (failureOf(error).kind === 'no-stream') return undefined;
      throw error;
    }
  }
}

function wantedMetadata({ maxCount, maxAge }: Retention): Metadata {
  return { ...(maxCount && { $maxCount: maxCount }), ...(maxAge && { $maxAge: Math.ceil(maxAge) }) };
}

function metadataOf(event: Given | undefined): Metadata {
  return typeof event?.data === 'object' && event.data !== null ? (event.data as Metadata) : {};
}

/** There is nothing to keep of a deleted stream, and its mark is a number that JSON here would change. */
function isDeleted({ $tb }: Metadata): boolean {
  return typeof $tb === 'number' && !Number.isSafeInteger($tb);
}
