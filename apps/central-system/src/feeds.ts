import { Feeds } from '@app/feeds';
import type { EventStore, Log } from '@app/kernel';
import { systemClock } from '@app/kernel';
import type { OwnProjections, ReadModels } from '@app/read-models';
import type { Configuration } from './configuration';
import type { PrometheusMeter } from './prometheus';
import { feedsSettings } from './settings';
import type { VeiledHistory } from './veil';

interface Surroundings {
  readonly configuration: Configuration;
  readonly log: Log;
  readonly meter: PrometheusMeter;
  readonly readModels: ReadModels;
  readonly own: OwnProjections;
  readonly veil: VeiledHistory;
}

/** Everything that can be followed of a store and of what is made of it. */
export function feedsOn(store: EventStore, { configuration, log, meter, readModels, own, veil }: Surroundings): Feeds {
  const feeds = new Feeds({
    store,
    readModels,
    own,
    log,
    meter,
    // Patience with subscribers is real time, whatever the clock of the service says.
    clock: systemClock,
    settings: feedsSettings(configuration),
    onErased: (listener) => veil.eraser.onErased(listener),
  });
  meter.watch('feed_subscribers', () => feeds.size);
  return feeds;
}
