import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { OwnProjections } from './own/own-projections';
import { queryHandlers } from './query-handlers';
import { ReadModels } from './read-models';

/** The answers to queries. The application starts and stops the building of rows. */
@Module({})
export class ReadModelsModule {
  static forRoot(readModels: ReadModels, own: OwnProjections): DynamicModule {
    return {
      module: ReadModelsModule,
      providers: [
        { provide: ReadModels, useValue: readModels },
        { provide: OwnProjections, useValue: own },
        ...queryHandlers,
      ],
      exports: [ReadModels],
    };
  }
}
