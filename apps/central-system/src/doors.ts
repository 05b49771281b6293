import { codedError } from '@app/kernel';

/** Opens a door, or says which address it cannot be opened at. */
export async function listening(what: 'API' | 'SOAP', address: string, listen: () => Promise<unknown>): Promise<void> {
  try {
    await listen();
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    throw codedError('address-unavailable', `${what}_HOST and ${what}_PORT say ${address}: ${code}`, error);
  }
}
