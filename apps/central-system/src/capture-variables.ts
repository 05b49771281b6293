import { z } from 'zod';
import { variable, whole } from './variable';

/** The variables about messages that are kept for a limited time. */
export const captureVariables = {
  CAPTURE: variable(
    z.enum(['off', 'odd', 'all'], 'must be off, odd or all').default('odd'),
    'odd',
    'Which messages of charge boxes are kept for a limited time, with their answers: `odd`, those that were refused or deviate from the protocol; `all`; or none with `off`.',
  ),
  CAPTURE_FOR: variable(whole(1, 8_760, 72), '72', 'Hours for which captured messages are kept.'),
  CAPTURE_LIMIT: variable(
    whole(1, 1_048_576, 256),
    '256',
    'Megabytes that captured messages may take on the disk; the oldest go first.',
  ),
  CAPTURE_ID_TAGS: variable(
    z.enum(['masked', 'clear'], 'must be masked or clear').default('masked'),
    'masked',
    'How idTags stand in captured messages: as pseudonyms, or in `clear`.',
  ),
};
