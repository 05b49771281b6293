import type { Anchor } from '@app/read-models';
import type { Place } from './place';

/** What filters look at. */
export interface Facts {
  readonly identity?: string | undefined;
  readonly connectorId?: number | undefined;
  readonly transactionId?: number | undefined;
  readonly operation?: string | undefined;
  readonly type?: string | undefined;
}

/** One message of a feed: made once, whoever gets it. */
export class Item {
  private known: Facts | undefined;

  constructor(
    readonly kind: 'row' | 'removed' | 'event',
    readonly place: Place,
    /** Of the row that it is about. */
    readonly key: string | undefined,
    private readonly about: {
      readonly data: () => string;
      readonly facts: () => Facts;
      readonly anchor?: Anchor;
    },
  ) {}

  /** What subscribers get, as JSON. */
  get data(): string {
    return this.about.data();
  }

  /** By which the log is known again at it, if it is an event itself. */
  get anchor(): Anchor | undefined {
    return this.about.anchor;
  }

  get facts(): Facts {
    return (this.known ??= this.about.facts());
  }
}
