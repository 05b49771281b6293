import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate, generatedFiles } from './generate';

// What is made from a table is never older than the table. Cannot see: a file that is not in the list.

const root = join(__dirname, '..');

describe('generated files', () => {
  it.each(Object.entries(generatedFiles))('%s is what its table says', (file, render) => {
    expect(readFileSync(join(root, file), 'utf8')).toBe(render());
  });

  it.each(Object.entries(generatedFiles))('%s says by which command it was made', (_file, render) => {
    expect(render().slice(0, 300)).toContain('npm run generate');
  });

  it('are written where the list says', () => {
    const folder = mkdtempSync(join(tmpdir(), 'generated-'));
    generate(folder);
    for (const [file, render] of Object.entries(generatedFiles))
      expect(readFileSync(join(folder, file), 'utf8')).toBe(render());
    rmSync(folder, { recursive: true });
  });

  it('come from a command that exists', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };
    expect(scripts).toHaveProperty('generate', expect.stringContaining('tools/generate.ts'));
  });
});
