import type { Clock, Log, Meter, Witness } from '@app/kernel';
import { CLOCK, LOG, METER } from '@app/runtime';
import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { IngressSettings } from './settings';
import { INGRESS_SETTINGS } from './settings';
import { SoapExchange } from './soap-exchange';
import { SoapListener } from './soap-listener';
import type { WsdlSource } from './soap-listener';

/** The way in for charge boxes. The application starts the listener last and closes it first. */
@Module({})
export class IngressModule {
  static forRoot(settings: IngressSettings, wsdl: WsdlSource, witness?: Witness): DynamicModule {
    return {
      module: IngressModule,
      providers: [
        { provide: INGRESS_SETTINGS, useValue: settings },
        {
          provide: SoapListener,
          useFactory: (bus: CommandBus, clock: Clock, meter: Meter, log: Log) =>
            new SoapListener(settings, {
              exchange: new SoapExchange(settings, { bus, clock, meter, log, witness }),
              wsdl,
              meter,
              log,
            }),
          inject: [CommandBus, CLOCK, METER, LOG],
        },
      ],
      exports: [SoapListener],
    };
  }
}
