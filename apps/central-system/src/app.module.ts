import type { ApiOptions } from '@app/api';
import { ApiModule } from '@app/api';
import type { IngressSettings, WsdlSource } from '@app/ingress';
import { IngressModule } from '@app/ingress';
import type { Clock, EventStore, Log, Meter, Witness } from '@app/kernel';
import type { OwnProjections, ReadModels } from '@app/read-models';
import { ReadModelsModule } from '@app/read-models';
import type { RuntimeSettings } from '@app/runtime';
import type { Caller, IdTagEraser, Instance } from '@app/runtime';
import {
  CALLER,
  CLOCK,
  EVENT_STORE,
  ID_TAG_ERASER,
  INSTANCE,
  LOG,
  METER,
  RUNTIME_SETTINGS,
  RuntimeModule,
} from '@app/runtime';
import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';

/** The ports that everything else is given. */
export interface Ports {
  readonly store: EventStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
  readonly instance: Instance;
  readonly settings: RuntimeSettings;
  readonly caller: Caller;
  readonly eraser: IdTagEraser;
}

@Module({})
class PortsModule {
  static forRoot({ store, clock, log, meter, instance, settings, caller, eraser }: Ports): DynamicModule {
    const values = [
      { provide: EVENT_STORE, useValue: store },
      { provide: CLOCK, useValue: clock },
      { provide: LOG, useValue: log },
      { provide: METER, useValue: meter },
      { provide: INSTANCE, useValue: instance },
      { provide: RUNTIME_SETTINGS, useValue: settings },
      { provide: CALLER, useValue: caller },
      { provide: ID_TAG_ERASER, useValue: eraser },
    ];
    return { module: PortsModule, global: true, providers: values, exports: values.map(({ provide }) => provide) };
  }
}

export interface AppParts extends Ports {
  readonly readModels: ReadModels;
  readonly own: OwnProjections;
  readonly api: ApiOptions;
  readonly ingress: IngressSettings;
  readonly wsdl: WsdlSource;
  readonly witness: Witness;
}

/** The whole service, wired. */
@Module({})
export class AppModule {
  static forRoot(parts: AppParts): DynamicModule {
    return {
      module: AppModule,
      imports: [
        PortsModule.forRoot(parts),
        RuntimeModule.forRoot(),
        ReadModelsModule.forRoot(parts.readModels, parts.own),
        ApiModule.forRoot(parts.api),
        IngressModule.forRoot(parts.ingress, parts.wsdl, parts.witness),
      ],
    };
  }
}
