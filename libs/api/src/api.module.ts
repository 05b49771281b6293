import { systemClock } from '@app/kernel';
import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { CapturesController } from './captures.controller';
import { Changes } from './changes';
import { ChargeBoxesController } from './charge-boxes.controller';
import { CommandScheduling } from './command-scheduling';
import { CommandsController } from './commands.controller';
import { FeedsController } from './feeds.controller';
import { HealthController } from './health.controller';
import { IdTagImport } from './id-tag-import';
import { IdTagsController } from './id-tags.controller';
import { LocalListsController } from './local-lists.controller';
import type { ApiOptions } from './options';
import { API_OPTIONS } from './options';
import { PresetsController } from './presets.controller';
import { ProjectionsController } from './projections.controller';
import { RequestClaims } from './request-claims';
import { RequestFeed } from './request-feed';
import { RequestOffers } from './request-offers';
import { RequestsController } from './requests.controller';
import { API_CLOCK } from './tokens';
import { TransactionsController } from './transactions.controller';
import { WebhooksController } from './webhooks.controller';

/** The API of the operator. The buses come from a global module of the application; `createApi` makes the application. */
@Module({})
export class ApiModule {
  static forRoot(options: ApiOptions): DynamicModule {
    return {
      module: ApiModule,
      controllers: [
        ChargeBoxesController,
        TransactionsController,
        IdTagsController,
        CommandsController,
        LocalListsController,
        PresetsController,
        CapturesController,
        RequestsController,
        FeedsController,
        ProjectionsController,
        WebhooksController,
        HealthController,
      ],
      providers: [
        { provide: API_OPTIONS, useValue: options },
        { provide: API_CLOCK, useValue: options.clock ?? systemClock },
        Changes,
        IdTagImport,
        CommandScheduling,
        RequestClaims,
        RequestOffers,
        RequestFeed,
      ],
      exports: [API_OPTIONS, API_CLOCK, Changes],
    };
  }
}
