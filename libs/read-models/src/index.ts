export * from './queries';
export { ReadModels } from './read-models';
export type { ReadModelsOptions } from './read-models';
export { ReadModelsModule } from './read-models.module';
export { rebuildFromZero } from './rebuild';
export * from './rows';
export { readCursor, writeCursor } from './sqlite/cursor';
export { dump } from './sqlite/database';
