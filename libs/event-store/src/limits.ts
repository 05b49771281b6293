import type { Retention } from '@app/kernel';

const mostEvents = 10_000;

/** The bounds that the port states. Breaking one is a defect of the caller, hence a RangeError instead of a coded error. */
export function checkedLimit(limit: number): number {
  if (!Number.isInteger(limit) || limit < 1 || limit > mostEvents)
    throw new RangeError(`limit must be 1 to ${mostEvents}`);
  return limit;
}

export function checkedRevision(revision: number | undefined): number | undefined {
  if (revision !== undefined && (!Number.isSafeInteger(revision) || revision < 0))
    throw new RangeError('revision must be 0 or greater');
  return revision;
}

export function checkedRetention({ maxCount, maxAge }: Retention): Retention {
  if (maxCount !== undefined && (!Number.isSafeInteger(maxCount) || maxCount < 1))
    throw new RangeError('maxCount must be 1 or greater');
  if (maxAge !== undefined && !(maxAge > 0)) throw new RangeError('maxAge must be greater than 0');
  return { ...(maxCount !== undefined && { maxCount }), ...(maxAge !== undefined && { maxAge }) };
}
