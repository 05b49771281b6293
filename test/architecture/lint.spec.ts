import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

// Protects how code reads: a pure core, small pieces, nothing unchecked. Cannot see: whether a name is a good one.

const root = join(__dirname, '../..');

interface Linted {
  readonly filePath: string;
  readonly messages: readonly { readonly ruleId: string | null; readonly message: string }[];
}

const expected: Readonly<Record<string, string>> = {
  'charge-box/src/clock.ts': 'no-restricted-syntax',
  'charge-box/src/clock-object.ts': 'no-restricted-syntax',
  'charge-box/src/chance.ts': 'no-restricted-syntax',
  'charge-box/src/class.ts': 'no-restricted-syntax',
  'charge-box/src/class-expression.ts': 'no-restricted-syntax',
  'charge-box/src/date-call.ts': 'no-restricted-syntax',
  'charge-box/src/bare-input.ts': 'no-restricted-imports',
  'charge-box/src/timer.ts': 'no-restricted-globals',
  'charge-box/src/throw.ts': 'no-restricted-syntax',
  'charge-box/src/asynchronous.ts': 'no-restricted-syntax',
  'charge-box/src/input.ts': 'no-restricted-imports',
  'kernel/src/decorator.ts': 'no-restricted-syntax',
  'kernel/src/any.ts': '@typescript-eslint/no-explicit-any',
  'kernel/src/certain.ts': '@typescript-eslint/no-non-null-assertion',
  'kernel/src/floating.ts': '@typescript-eslint/no-floating-promises',
  'kernel/src/exhaustive.ts': '@typescript-eslint/switch-exhaustiveness-check',
  'kernel/src/parameters.ts': 'max-params',
  'kernel/src/depth.ts': 'max-depth',
  'kernel/src/complexity.ts': 'complexity',
  'kernel/src/long.ts': 'max-lines',
  'kernel/src/number.ts': 'regexp/no-super-linear-backtracking',
  'kernel/src/slashes.ts': 'regexp/no-super-linear-move',
  'kernel/src/focused.spec.ts': 'jest/no-focused-tests',
  'kernel/src/empty.spec.ts': 'jest/expect-expect',
};

describe('the rules of the code', () => {
  it('each trip over a violation on file', () => {
    const config = join(__dirname, 'violations.eslint.config.mjs');
    const command = [
      join(root, 'node_modules/eslint/bin/eslint.js'),
      '--no-config-lookup',
      '--config',
      config,
      '--format',
      'json',
      'test/architecture/violations/lint',
    ];
    const child = spawnSync(process.execPath, command, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
    expect(child.stderr).toBe('');
    const linted = JSON.parse(child.stdout) as readonly Linted[];
    const found = Object.fromEntries(
      linted.map(({ filePath, messages }) => [
        filePath.replaceAll('\\', '/').replace(/^.*\/lint\/libs\//, ''),
        messages.map(({ ruleId }) => ruleId),
      ]),
    );
    expect(Object.keys(found).toSorted()).toEqual(Object.keys(expected).toSorted());
    for (const [file, rule] of Object.entries(expected))
      expect({ file, rules: found[file] }).toEqual({ file, rules: expect.arrayContaining([rule]) as string[] });
  }, 240_000);
});
