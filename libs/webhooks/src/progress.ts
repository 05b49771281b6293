import type { WebhookEventOf } from '@app/charge-box';
import { upcast, webhookProgressStream, webhookStream } from '@app/charge-box';
import type { Clock, EventStore, Position } from '@app/kernel';
import { NO_STREAM } from '@app/kernel';
import { appendTo } from './append';

type Progressed = WebhookEventOf<'WebhookProgressed'>;

/** Up to where a webhook is told. */
export type Progress = Omit<Progressed['data'], 'since' | 'anchor' | 'at'>;

/** The event that made a webhook: by its place the log is known again. */
export interface Beginning {
  readonly revision: number;
  readonly position: Position;
}

/** The notes of how far one webhook is told. Who writes without having read the last one is refused. */
export class ProgressNotes {
  private readonly stream: string;
  private revision = NO_STREAM;

  constructor(
    private readonly store: EventStore,
    private readonly clock: Clock,
    id: string,
    private readonly made: Beginning,
  ) {
    this.stream = webhookProgressStream(id);
  }

  /** The last note; `undefined` where there is none yet, `elsewhere` where it was written in another log. */
  async load(): Promise<Progress | 'elsewhere' | undefined> {
    const page = await this.store.readStream(this.stream, { direction: 'backward', limit: 1 });
    this.revision = page.lastRevision;
    const [last] = page.events;
    if (last === undefined) return undefined;
    const { since, anchor, at: _at, ...progress } = upcast<Progressed>(last).data;
    return (await this.isHere(since, anchor)) ? progress : 'elsewhere';
  }

  /** False when somebody else wrote since the last one was read. */
  async save(progress: Progress): Promise<boolean> {
    const appended = await this.write(progress, this.revision);
    if (appended.outcome === 'appended') this.revision = appended.revision;
    return appended.outcome === 'appended';
  }

  /** Begins anew after a position, whatever was noted. */
  async begin(position: Position): Promise<void> {
    await this.store.retain(this.stream, { maxCount: 1 });
    await this.write({ position, behind: [] }, 'any');
  }

  private write(progress: Progress, expected: number | 'any') {
    const { revision: since, position: anchor } = this.made;
    const data = { since, anchor, ...progress, at: new Date(this.clock.now()).toISOString() };
    return appendTo(this.store, { stream: this.stream, expected }, { type: 'WebhookProgressed', data });
  }

  private async isHere(since: number, anchor: Position): Promise<boolean> {
    const [event] = (await this.store.readStream(webhookStream, { from: since, limit: 1 })).events;
    // Some servers do not say where in the log an event of a stream is.
    return event?.revision === since && (event.position === anchor || event.position === '' || anchor === '');
  }
}
