import { withMaskedEvent } from '@app/history';
import type { Clock, EventStore, Log } from '@app/kernel';
import type { Instance } from '@app/runtime';
import { HttpSender, SecretSeal, systemAlarm, Webhooks } from '@app/webhooks';
import type { Configuration } from './configuration';
import type { PrometheusMeter } from './prometheus';
import { webhookLimits } from './settings';

interface Surroundings {
  readonly configuration: Configuration;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: PrometheusMeter;
  readonly instance: Instance;
  /** What the secrets are sealed with; absent where instances share no key. */
  readonly key: string | undefined;
}

/** Receivers that are told what is recorded in the store. */
export function webhooksOn(
  store: EventStore,
  { configuration, clock, log, meter, instance, key }: Surroundings,
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
    seal: key === undefined ? undefined : new SecretSeal(key),
    send: sender.send,
    faultOf: (url) => sender.faultOf(url),
    close: () => sender.close(),
    masked: withMaskedEvent,
  });
  meter.watch('webhook_boxes_waiting', () => webhooks.waiting);
  return webhooks;
}
