import { renderConfiguration } from '../apps/central-system/src/configuration';
import { ocpp15, renderOperationDocs, renderWsdl } from '@app/ocpp';
import { renderClientRows } from './client-rows';
import { renderNodeRedOperations } from './node-red-operations';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Every file that is made from a table. A test compares each with its rendering. */
export const generatedFiles: Readonly<Record<string, () => string>> = {
  'wsdl/ocpp-1.5-central-system.wsdl': () => renderWsdl(ocpp15.centralSystem, 'http://localhost:8080/ocpp'),
  'wsdl/ocpp-1.5-charge-point.wsdl': () => renderWsdl(ocpp15.chargePoint, 'http://localhost:8081/ocpp'),
  'docs/operations.md': () => renderOperationDocs(ocpp15),
  'docs/configuration.md': renderConfiguration,
  'apps/client/src/rows.ts': renderClientRows,
  'apps/node-red/resources/operations.json': renderNodeRedOperations,
};

/** Writes all of them below a folder. */
export function generate(root: string): void {
  for (const [file, render] of Object.entries(generatedFiles)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), render());
  }
}

if (require.main === module) generate(process.cwd());
