import type { CapturedExchange, CapturedRow, KeptText } from '@app/capture';
import { z } from 'zod';
import { named } from '../schema-documents';
import { askedIdentity, at, ofBox, momentText, paging, wholeNumberText } from './fields';
import { described, page } from './shapes';

// Messages that are kept for a limited time.

const filter = (description: string) => z.string().min(1).max(1000).optional().meta({ description });

export const captureQuery = z.strictObject({
  identity: ofBox,
  operation: filter('Only of this operation.'),
  from: momentText.optional().meta({ description: 'Received at or after this time.', example: '2026-03-01T00:00:00Z' }),
  to: momentText.optional().meta({ description: 'Received before this time.', example: '2026-04-01T00:00:00Z' }),
  only: z
    .enum(['faults', 'quirks'])
    .optional()
    .meta({ description: 'Only what was refused, or only what deviates from the protocol.' }),
  ...paging,
});

export const capturePath = z.strictObject({
  id: wholeNumberText(1, 999_999_999_999_999).meta({ description: 'Id of the captured exchange.', example: 17 }),
});

export const captureOwner = z.strictObject({ identity: askedIdentity });

const rowFields = {
  id: z.int(),
  at: at.meta({ description: 'Time of receipt.' }),
  milliseconds: z.number().meta({ description: 'From the last byte of the request to the answer.' }),
  requestId: z.string().meta({ description: 'As the log has it.' }),
  identity: z.string().optional().meta({ description: 'Absent where none could be read.' }),
  operation: z.string().optional(),
  remoteAddress: z.string().optional(),
  status: z.int().meta({ description: 'HTTP status of the answer.' }),
  fault: z.string().optional().meta({ description: 'The fault that was answered; absent for a response.' }),
  quirks: z.array(z.string()).readonly().meta({ description: 'Deviations from the protocol, by name.' }),
  masked: z.boolean().meta({ description: 'idTags are pseudonyms.' }),
};

const exampleRow = {
  id: 17,
  at: '2026-03-01T09:30:00.000Z',
  milliseconds: 1.8,
  requestId: 'Zx81kQ-4f',
  identity: 'CB-0001',
  operation: 'Authorize',
  remoteAddress: '10.0.0.5',
  status: 200,
  quirks: ['field-case'],
  masked: true,
};

const capturedRow = named(described<CapturedRow>(rowFields), 'Capture', {
  description: 'A request that was kept with its answer, without the texts.',
  example: exampleRow,
});
export const capturePage = page(capturedRow, 'CapturePage');

const keptText = z.union([
  z.object({ text: z.string() }),
  z.object({ base64: z.string() }),
  z.object({ withheld: z.object({ bytes: z.int(), digest: z.string(), reason: z.string() }) }),
]) as z.ZodType<KeptText>;

export const capturedExchange = named(
  described<CapturedExchange>({
    ...rowFields,
    headers: z.record(z.string(), z.string()),
    request: keptText.meta({ description: 'The text; or what can be said of it where it is not kept.' }),
    response: keptText,
  }),
  'CapturedExchange',
  {
    description: 'A request that was kept, and its answer.',
    example: {
      ...exampleRow,
      headers: { 'content-type': 'application/soap+xml; charset=utf-8' },
      request: { text: '<s:Envelope .../>' },
      response: { withheld: { bytes: 512, digest: '9f2c...', reason: 'The request is not kept.' } },
    },
  },
);

export const forgotten = named(z.object({ removed: z.int() }), 'ForgottenCaptures', {
  description: 'How many captured exchanges were removed.',
  example: { removed: 12 },
});
