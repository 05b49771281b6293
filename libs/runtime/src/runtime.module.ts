import type { Clock, EventStore, Meter } from '@app/kernel';
import type { DynamicModule, Provider } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { AnswerChargeBoxHandler, TellChargeBoxHandler } from './answer-charge-box.handler';
import { AuthorizationDirectory } from './authorization-directory';
import { ChargeBoxes } from './charge-boxes';
import { IdTags, RemoveIdTagHandler, SaveIdTagHandler } from './id-tag.handlers';
import { RuntimeContext } from './runtime-context';
import type { RuntimeSettings } from './settings';
import { CLOCK, EVENT_STORE, METER, RUNTIME_SETTINGS } from './tokens';
import { TransactionIds } from './transaction-ids';

type ContextParts = [EventStore, Clock, Meter, RuntimeSettings, TransactionIds, AuthorizationDirectory];

const providers: Provider[] = [
  {
    provide: AuthorizationDirectory,
    useFactory: (settings: RuntimeSettings) => new AuthorizationDirectory(settings.idTagPolicy),
    inject: [RUNTIME_SETTINGS],
  },
  {
    provide: TransactionIds,
    useFactory: (store: EventStore, clock: Clock) =>
      new TransactionIds(store, () => new Date(clock.now()).toISOString()),
    inject: [EVENT_STORE, CLOCK],
  },
  {
    provide: RuntimeContext,
    useFactory: (...[store, clock, meter, settings, ids, directory]: ContextParts) =>
      new RuntimeContext({ store, clock, meter }, settings, ids, directory),
    inject: [EVENT_STORE, CLOCK, METER, RUNTIME_SETTINGS, TransactionIds, AuthorizationDirectory],
  },
  { provide: ChargeBoxes, useFactory: (context: RuntimeContext) => new ChargeBoxes(context), inject: [RuntimeContext] },
  IdTags,
  AnswerChargeBoxHandler,
  TellChargeBoxHandler,
  SaveIdTagHandler,
  RemoveIdTagHandler,
];

/** Where the buses of Nest meet the domain: one handler for each command. The ports come from a global module of the application. */
@Module({})
export class RuntimeModule {
  static forRoot(): DynamicModule {
    return {
      module: RuntimeModule,
      global: true,
      imports: [CqrsModule.forRoot()],
      providers,
      exports: [AuthorizationDirectory, ChargeBoxes, TransactionIds, CqrsModule],
    };
  }
}
