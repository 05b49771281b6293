import { ocpp15 } from '@app/ocpp';
import type { Caller, CallOutcome, FoundAddress, OutgoingCall, SaidAddress } from '@app/runtime';
import { createResponseReader } from '@app/soap';
import type { AllowList } from './allow-list';
import type { Lookup } from './resolve';
import { resolveAllowed, systemLookup } from './resolve';
import type { EgressSettings } from './settings';
import { SoapClient } from './soap-client';

/** The way out to real charge boxes: addresses judged, then SOAP over HTTP. */
export class BoxCaller implements Caller {
  private readonly client: SoapClient;

  constructor(
    private readonly allow: AllowList,
    settings: EgressSettings,
    private readonly lookup: Lookup = systemLookup,
  ) {
    this.client = new SoapClient(createResponseReader({ version: ocpp15, side: 'chargePoint' }), settings);
  }

  find({ url, source, peer }: SaidAddress): Promise<FoundAddress> {
    return resolveAllowed(url, { allow: this.allow, source, ...(peer === undefined ? {} : { peer }) }, this.lookup);
  }

  call(call: OutgoingCall): Promise<CallOutcome> {
    return this.client.call(call);
  }

  close(): void {
    this.client.close();
  }
}
