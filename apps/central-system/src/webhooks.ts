import { withMaskedEvent } from '@app/history';
import type { Clock, EventStore, Log } from '@app/kernel';
import type { Instance } from '@app/runtime';
import { HttpSender, SecretSeal, systemAlarm, Webhooks } from '@app/webhooks';
import type { ChainedHistory } from './chain';
import type { Configuration } from './configuration';
import type { PrometheusMeter } from './prometheus';
import { webhookLimits } from './settings';
import type { VeiledHistory } from './veil';

interface Surroundings {
  readonly configuration: Configuration;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: PrometheusMeter;
  readonly instance: Instance;
  readonly veil: VeiledHistory;
  /** With its key the secrets are sealed. */
  readonly chain: ChainedHistory;
}

/** Receivers that are told what is recorded in the store. */
export function webhooksOn(
  store: EventStore,
  { configuration, clock, log, meter, instance, veil, chain }: Surroundings,
): Webhooks {
  const limits = webhookLimits(configuration);
  const sender = new HttpSender({ allow: configuration.WEBHOOK_ALLOW, timeout: limits.timeout });
  const webhooks = new Webhooks({
    store,
    clock,
    alarm: systemAlarm,
    log,
    meter,
    chance: Math.random,
    limits,
    holder: instance,
    // Absent where instances share no key.
    seal: chain.secret === undefined ? undefined : new SecretSeal(chain.secret),
    send: sender.send,
    onErased: (listener) => veil.eraser.onErased(listener),
    faultOf: (url) => sender.faultOf(url),
    close: () => sender.close(),
    masked: withMaskedEvent,
  });
  meter.watch('webhook_boxes_waiting', () => webhooks.waiting);
  return webhooks;
}
