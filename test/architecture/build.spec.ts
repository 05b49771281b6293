import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

// What a build takes, and when one is made. Runs on copies, so that nobody's `dist` is touched.

const root = join(__dirname, '../..');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'build-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}

it('a build leaves out what a package was made of, and specs', () => {
  for (const name of ['package.json', 'nest-cli.json', 'tsconfig.json', '.swcrc'])
    cpSync(join(root, name), join(folder, name));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const { compilerOptions } = JSON.parse(readFileSync(join(root, 'nest-cli.json'), 'utf8')) as {
    compilerOptions: { builder: { options: { filenames: string[] } } };
  };
  for (const each of compilerOptions.builder.options.filenames) write(`${each}/some.ts`, 'export const one = 1;\n');
  write('apps/client/src/index.ts', 'export const one = 1;\n');
  write('apps/client/dist/index.js', 'export const one = 1;\n');
  write('libs/kernel/src/some.spec.ts', 'export const one = 1;\n');
  const nest = join(root, 'node_modules/@nestjs/cli/bin/nest.js');
  const { status, stderr } = spawnSync(process.execPath, [nest, 'build'], { cwd: folder, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining('Successfully compiled') as string });
  expect(existsSync(join(folder, 'dist/apps/client/src/index.js'))).toBe(true);
  expect(existsSync(join(folder, 'dist/libs/some.js'))).toBe(true);
  expect(existsSync(join(folder, 'dist/apps/client/dist'))).toBe(false);
  expect(existsSync(join(folder, 'dist/libs/kernel'))).toBe(false);
});

describe('what runs beside a service', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };

  it.each(['demo', 'simulator', 'history'])('does not build over it: %s', (name) => {
    expect(scripts[`pre${name}`]).toBe('node tools/built.cjs');
  });

  it('is built where nothing is built yet, and only there', () => {
    cpSync(join(root, 'tools/built.cjs'), join(folder, 'tools/built.cjs'));
    write('bin/npm', `#!/bin/sh\necho "$@" >> "${folder}/called"\n`);
    chmodSync(join(folder, 'bin/npm'), 0o755);
    const look = () =>
      spawnSync(process.execPath, [join(folder, 'tools/built.cjs')], {
        env: { ...process.env, PATH: `${folder}/bin:${process.env.PATH}` },
      }).status;
    expect(look()).toBe(0);
    write('dist/apps/central-system/src/main.js', '');
    expect(look()).toBe(0);
    expect(readFileSync(join(folder, 'called'), 'utf8')).toBe('run build --silent\n');
  });
});
