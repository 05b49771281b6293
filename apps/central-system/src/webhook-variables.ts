import { allowList } from './configuration-kinds';
import { variable, whole } from './variable';

/** The variables about webhooks. */
export const webhookVariables = {
  WEBHOOK_ALLOW: variable(
    allowList('public:80,443,1024-65535', ['public', 'private']),
    '`public:80,443,1024-65535`',
    'Which addresses webhooks may have, with blanks between: `public`, `private`, or networks, each with ports.',
  ),
  WEBHOOK_ATTEMPTS: variable(
    whole(1, 50, 15),
    '15',
    'Attempts at a delivery to a webhook before it goes to the dead letters.',
  ),
  WEBHOOK_RETRY_AFTER: variable(
    whole(1, 3_600, 5),
    '5',
    'Seconds before the second attempt; the pause doubles with each, up to an hour.',
  ),
  WEBHOOK_TIMEOUT: variable(whole(1, 60, 10), '10', 'Seconds in which a webhook must have answered.'),
};
