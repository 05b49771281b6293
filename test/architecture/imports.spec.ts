import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

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

function cruise(base: string): Outcome['summary'] {
  const folders = ['apps', 'libs', 'test', 'tools', 'bench']
    .map((folder) => `${base}${folder}`)
    .filter((folder) => existsSync(join(root, folder)));
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
    const { violations: found, totalCruised } = cruise('');
    expect(found.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`)).toEqual([]);
    expect(totalCruised).toBeGreaterThan(150);
  }, 60_000);

  const rules = readdirSync(violations).filter((name) => !name.startsWith('lint') && !name.endsWith('.json'));

  it.each(rules)(
    'the rule %s can fail',
    (rule) => {
      const found = new Set(
        cruise(`test/architecture/violations/${rule}/`).violations.map((violation) => violation.rule.name),
      );
      expect([...found]).toContain(rule);
    },
    30_000,
  );

  it('each rule has a violation on file', () => {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- the rules are CommonJS, as their tool wants them
    const { forbidden } = require('../../.dependency-cruiser.cjs') as { forbidden: { name: string }[] };
    expect(rules.toSorted()).toEqual(forbidden.map(({ name }) => name).toSorted());
  });
});
