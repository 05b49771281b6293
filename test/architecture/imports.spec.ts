import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

// Protects the direction of imports: what a lib knows of others. Cannot see: what is passed at run time, and `require` of a computed name.

const root = join(__dirname, '../..');
const violations = join(__dirname, 'violations');

interface Outcome {
  readonly summary: {
    readonly violations: readonly {
      readonly rule: { readonly name: string };
      readonly from: string;
      readonly to: string;
    }[];
    readonly totalCruised: number;
  };
}

function cruise(base: string, folders: readonly string[]): Outcome['summary'] {
  const command = [
    join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs'),
    ...folders,
    '--config',
    '.dependency-cruiser.cjs',
    '--output-type',
    'json',
  ];
  const child = spawnSync(process.execPath, command, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ARCHITECTURE_BASE: base },
    maxBuffer: 256 * 1024 * 1024,
  });
  if (!child.stdout.startsWith('{')) throw new Error(child.stderr || child.stdout);
  return (JSON.parse(child.stdout) as Outcome).summary;
}

describe('imports', () => {
  it('all go where they may', () => {
    const { violations: found, totalCruised } = cruise('', ['apps', 'libs', 'test', 'tools', 'bench']);
    expect(found.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`)).toEqual([]);
    expect(totalCruised).toBeGreaterThan(150);
  }, 240_000);

  const rules = readdirSync(violations).filter((name) => !name.startsWith('lint') && !name.endsWith('.json'));
  const tripped = new Map<string, Set<string>>();

  // One run for all: the base of the rules is a pattern that matches each folder.
  beforeAll(() => {
    for (const { rule, from } of cruise('test/architecture/violations/[^/]+/', ['test/architecture/violations'])
      .violations) {
      const folder = relative(violations, join(root, from)).split(sep)[0] ?? '';
      tripped.set(folder, (tripped.get(folder) ?? new Set()).add(rule.name));
    }
  }, 240_000);

  it.each(rules)('the rule %s can fail, and nothing else does where it is broken', (rule) => {
    expect([...(tripped.get(rule) ?? [])]).toEqual([rule]);
  });

  it('each rule has a violation on file', () => {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- the rules are CommonJS, as their tool wants them
    const { forbidden } = require('../../.dependency-cruiser.cjs') as { forbidden: { name: string }[] };
    expect(rules.toSorted()).toEqual(forbidden.map(({ name }) => name).toSorted());
  });
});
