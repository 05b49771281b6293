export * from './faults';
export * from './instant';
export * from './operation';
export * from './quirks';
export * from './schema';
export * from './v15';
