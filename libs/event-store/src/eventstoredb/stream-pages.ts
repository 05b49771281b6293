import type { Position, StreamPage } from '@app/kernel';
import { NO_STREAM } from '@app/kernel';
import type { TamedClient } from './client';
import type { Given } from './events';
import { ours, recordedOf } from './events';
import { failureOf } from './failures';
import type { StreamNames } from './names';
import type { Patience } from './patience';
import { textOf } from './positions';

type Direction = 'forwards' | 'backwards';

/** Pages of one stream. A stream that is not there, or was deleted, is an empty one. */
export class StreamPages {
  constructor(
    private readonly client: TamedClient,
    private readonly patience: Patience,
    private readonly names: StreamNames,
  ) {}

  async page(
    stream: string,
    { from, isBackward, limit }: { from: number | undefined; isBackward: boolean; limit: number },
  ): Promise<StreamPage> {
    const found = isBackward
      ? await this.found(stream, from ?? 'end', 'backwards', limit + 1)
      : await this.found(stream, from ?? 0, 'forwards', limit + 1);
    if (found === undefined) return { events: [], lastRevision: NO_STREAM, endOfStream: true };
    const events = found.slice(0, limit).map(recordedOf);
    const isWhole = found.length <= limit;
    const atEnd = isBackward ? (from === undefined ? events[0] : undefined) : isWhole ? events.at(-1) : undefined;
    return { events, lastRevision: atEnd?.revision ?? (await this.lastRevision(stream)), endOfStream: isWhole };
  }

  async lastRevision(stream: string): Promise<number> {
    const [event] = await this.read(stream, 'end', 'backwards', 1);
    return event === undefined ? NO_STREAM : Number(event.revision);
  }

  async positionOf(stream: string, revision: number): Promise<Position | undefined> {
    const [event] = await this.read(stream, revision, 'forwards', 1);
    return event?.position && textOf(event.position);
  }

  async read(stream: string, from: number | 'end', direction: Direction, count: number): Promise<readonly Given[]> {
    return (await this.found(stream, from, direction, count)) ?? [];
  }

  private async found(
    stream: string,
    from: number | 'end',
    direction: Direction,
    count: number,
  ): Promise<readonly Given[] | undefined> {
    const name = this.names.onServer(stream);
    try {
      return ours(await this.patience.with(() => this.client.readStream(name, from, direction, count)), this.names);
    } catch (error) {
      if (failureOf(error).kind === 'no-stream') return undefined;
      throw error;
    }
  }
}
