import { z } from 'zod';

// The pieces that requests are made of. Values of a query are text: they are turned into what they stand for first.

const wholeNumber = (value: unknown) =>
  typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value;

const truth = (value: unknown) => (value === 'true' ? true : value === 'false' ? false : value);

/** A whole number in a query or path. */
export const wholeNumberText = (least: number, most: number) => z.preprocess(wholeNumber, z.int().min(least).max(most));

/** `true` or `false` in a query. */
export const truthText = z.preprocess(truth, z.boolean());

// A plus sign that nobody encoded arrives as a blank.
const withZone = (value: unknown) => {
  if (typeof value !== 'string') return value;
  if (/^\d{4}-\d\d-\d\d$/.test(value)) return `${value}T00:00:00Z`;
  return value.replace(/^([\d-]+T[\d:.]+) (\d\d:\d\d)$/, '$1+$2');
};

const instant = (forms: string) =>
  z.iso
    .datetime({ offset: true, error: `This is no time. Write 2026-03-01T12:00:00Z${forms}.` })
    .overwrite((value) => (Number.isNaN(Date.parse(value)) ? value : new Date(value).toISOString()));

/** A time in a query; a date alone is its midnight in UTC. */
export const momentText = z.preprocess(
  withZone,
  instant(', 2026-03-01T13:00:00+01:00, or 2026-03-01 for its midnight in UTC'),
);

/** A time in a body; kept in UTC. */
export const moment = instant(' or 2026-03-01T13:00:00+01:00');

/** Number of characters as people count them. */
const between = (least: number, most: number) => (text: string) => {
  const { length } = [...text];
  return length >= least && length <= most;
};

/** Text of 1 to so many characters. */
export const text = (most: number) =>
  z.string().refine(between(1, most), { error: `This may have 1 to ${most} characters.`, params: { code: 'length' } });

/** OCPP 1.5, 7.20: an idToken has at most 20 characters. */
export const idTag = z
  .string()
  .refine(between(1, 20), { error: 'An idTag has 1 to 20 characters.', params: { code: 'length' } })
  .refine((value) => !/\p{Cc}/u.test(value), {
    error: 'An idTag has no control characters.',
    params: { code: 'control-character' },
  })
  .meta({ description: 'Has 1 to 20 characters; letter case does not count.', example: '04A2B3C4D5' });

/** An idTag as it is asked for: what could never be one is simply not found. */
export const askedIdTag = z.string().min(1).meta({ description: 'The idTag, percent-encoded.', example: '04A2B3C4D5' });

/** An identity as it is asked for. */
export const askedIdentity = z
  .string()
  .min(1)
  .meta({ description: 'Identity of the charge box, percent-encoded.', example: 'CB-0001' });

/** An identity that something is recorded under. */
export const identity = text(255).meta({
  description: 'Identity of the charge box, percent-encoded; 1 to 255 characters.',
  example: 'CB-0001',
});

export const connectorId = wholeNumberText(0, 2_147_483_647).meta({
  description: 'Connector; 0 is the charge box itself.',
  example: 1,
});
export const transactionId = wholeNumberText(1, 2_147_483_647).meta({
  description: 'Id of the transaction.',
  example: 4711,
});

/** Part of a list: `limit` and `cursor`. */
export const paging = {
  limit: wholeNumberText(1, 1000)
    .default(100)
    .meta({ description: 'Most rows of the answer. CSV has all rows all the same.', example: 100 }),
  cursor: z.string().min(1).max(1000).optional().meta({
    description:
      '`next` of the page before, which may be short where few rows are wanted of millions. CSV has all rows all the same.',
  }),
};

/** How a list is wanted; `Accept: text/csv` says it too. */
export const format = {
  format: z.enum(['json', 'csv']).optional().meta({ description: 'Stands above the header Accept.', example: 'json' }),
};

/** A field of a partial change: absent leaves it, null clears it. */
export const clearable = <Schema extends z.ZodType>(schema: Schema) => schema.nullable().optional();

/** A moment in an answer. */
export const at = z.iso.datetime();

/** An object in an answer whose fields its operation declares. */
export const anyObject = z.record(z.string(), z.unknown()) as unknown as z.ZodType<object>;

/** Restricts a list to one charge box. */
export const ofBox = z.string().min(1).max(1000).optional().meta({ description: 'Only of this charge box.' });
