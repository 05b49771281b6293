import type { Cause } from '@app/read-models';
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
      readonly cause: Cause;
    },
  ) {}

  /** What subscribers get, as JSON. */
  get data(): string {
    return this.about.data();
  }

  /** What it comes from: the same whenever and wherever it is told. */
  get cause(): Cause {
    return this.about.cause;
  }

  get facts(): Facts {
    return (this.known ??= this.about.facts());
  }
}
