export * from './queries';
export * from './rows';
