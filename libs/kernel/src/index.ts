export * from './clock';
export * from './errors';
export * from './event';
export * from './event-store';
export * from './lift';
export * from './log';
export * from './mailbox';
export * from './metrics';
