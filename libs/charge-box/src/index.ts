export * from './events';
export * from './id-tag/events';
export * from './message';
export * from './streams';
