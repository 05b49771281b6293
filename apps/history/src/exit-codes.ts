import { errorCode } from '@app/kernel';

// 0 done; 1 something was found, or not found, or a move broke off or is not identical; 2 refused, nothing was done; 3 the history cannot be
// read; 4 failed. `copy` and `import` know 0, 1 and 2 alone.

export const found = 1;
const refused = 2;
const unreadable = 3;
const failed = 4;

const places = ['history-unreadable', 'data-dir-unusable'];

/** What a command that moves a history ends with when it throws; `begun`: something was written. */
export function endOfMove(error: unknown, begun: boolean): number {
  if (begun) return found;
  return errorCode(error) === undefined ? found : refused;
}

/** What any other command ends with. */
export function endOfLook(error: unknown): number {
  // A position of another store.
  if (error instanceof RangeError) return refused;
  const code = errorCode(error);
  if (code === undefined) return failed;
  return code.startsWith('store-') || places.includes(code) ? unreadable : refused;
}
