import { z } from 'zod';

/** One environment variable: how it is read, and what it is for. The table is the whole configuration. */
export interface Variable<Schema extends z.ZodType = z.ZodType> {
  readonly schema: Schema;
  /** As shown in the documentation. */
  readonly fallback: string;
  readonly doc: string;
}

export const variable = <Schema extends z.ZodType>(
  schema: Schema,
  fallback: string,
  doc: string,
): Variable<Schema> => ({
  schema,
  fallback,
  doc,
});

export const whole = (least: number, most: number, fallback: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= least && value <= most, `must be between ${least} and ${most}`)
    .default(fallback);

export const yesNo = (fallback: boolean) =>
  z
    .enum(['true', 'false', '1', '0'], 'must be true or false')
    .transform((value) => value === 'true' || value === '1')
    .default(fallback);
