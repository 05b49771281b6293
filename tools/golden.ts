import 'reflect-metadata';
import { faultsOf } from './golden/check';
import {
  currentOutcomes,
  currentShapes,
  faultsOfOutcomes,
  outcomesOnFile,
  shapesOnFile,
  writeNewShapes,
  writeOutcomes,
} from './golden/files';

// Puts new shapes of stored data on file. What is there is never overwritten.

async function main(root: string): Promise<void> {
  const shapes = currentShapes(root);
  const written = [...writeNewShapes(root, shapes), ...(await writeOutcomes(root))];
  console.log(written.length === 0 ? 'Nothing is new.' : written.map((name) => `written: ${name}`).join('\n'));
  const faults = faultsOf(shapes, shapesOnFile(root));
  for (const fault of [...faults, ...faultsOfOutcomes(outcomesOnFile(root), await currentOutcomes(root))]) {
    console.error(fault);
    process.exitCode = 1;
  }
}

if (require.main === module) void main(process.cwd());
