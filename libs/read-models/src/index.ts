export * from './queries';
export { ReadModels } from './read-models';
export type { ReadModelsOptions } from './read-models';
export { ReadModelsModule } from './read-models.module';
export { rebuildFromZero } from './rebuild';
export * from './rows';
export { dump, shape as shapeOfRows } from './sqlite/database';
