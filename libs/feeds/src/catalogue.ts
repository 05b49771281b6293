import type { FollowedName } from '@app/read-models';
import type { FeedFilter } from './filter';

export type Filters = readonly (keyof FeedFilter)[];

/** Every projection that can be followed, and by what its rows can be chosen. */
export const projectionFeeds = {
  'charge-boxes': ['identity'],
  connectors: ['identity', 'connectorId'],
  transactions: ['identity', 'connectorId', 'transactionId'],
  'meter-values': ['identity', 'connectorId', 'transactionId'],
  'id-tags': ['id'],
  commands: ['id', 'identity', 'command'],
  requests: ['id', 'identity', 'command'],
  reservations: ['identity', 'connectorId'],
  configuration: ['identity'],
  presets: ['id'],
  quirks: ['identity'],
  orphans: ['identity'],
} as const satisfies Readonly<Record<FollowedName, Filters>>;

export type ProjectionFeedName = keyof typeof projectionFeeds;
export type FeedName = ProjectionFeedName | 'events';

export const feedNames = ['events', ...Object.keys(projectionFeeds)] as [FeedName, ...FeedName[]];

export const eventFilters = ['identity', 'connectorId', 'transactionId', 'type'] as const satisfies Filters;

export const isFeedName = (name: string): name is FeedName => name === 'events' || Object.hasOwn(projectionFeeds, name);

/** Fields of rows from outside may change, their keys do not. */
export const ownFeedFilters: Filters = ['id'];

/** By what each feed can be chosen from. */
export const feedFilters: Readonly<Record<FeedName, Filters>> = { ...projectionFeeds, events: eventFilters };
