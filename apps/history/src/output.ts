import { once } from 'node:events';

/** Writes to standard output, no faster than it is taken. */
export async function print(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}

export const printJson = (value: unknown): Promise<void> => print(`${JSON.stringify(value)}\n`);

/** Who reads may go away before the end, as `head` does. */
export function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 4));
}
