export { feedFilters, feedNames, ownFeedFilters, projectionFeeds } from './catalogue';
export type { FeedName, ProjectionFeedName } from './catalogue';
export { isWanted, storeFilter } from './events-source';
export { Feeds, feedsDefaults } from './feeds';
export type { FeedRequest, FeedsSettings, Opening } from './feeds';
export type { FeedFilter } from './filter';
export type { Sink } from './follower';
export type { FeedFormat } from './frames';
