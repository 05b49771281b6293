export { systemAlarm } from './alarm';
export type { WebhookOrigin } from './append';
export type { DeadLetter } from './dead-letters';
export { HttpSender } from './http-sender';
export { SecretSeal } from './secrets';
export { webhookDefaults } from './settings';
export type { WebhookLimits } from './settings';
export { Webhooks } from './webhooks';
export type { WebhookInput, WebhookOutcome, WebhookPatch, WebhookRow } from './webhooks';
