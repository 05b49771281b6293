import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Published reference material that a developer may keep beside the project; OCPP_REFERENCE names another place. */
const folder = process.env.OCPP_REFERENCE ?? join(__dirname, '../../../shared/reference');

export const hasReference = existsSync(join(folder, 'ocpp-wsdl'));

if (!hasReference) process.stdout.write('The reference folder is not here: comparisons with it are skipped.\n');

/** `describe` where the reference folder is present, skipped elsewhere. */
export const describeWithReference: jest.Describe = hasReference ? describe : describe.skip;

export function readReference(path: string): string {
  return readFileSync(join(folder, path), 'utf8');
}

export function readReferenceBytes(path: string): Buffer {
  return readFileSync(join(folder, path));
}
