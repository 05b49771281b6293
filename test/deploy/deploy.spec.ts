import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfiguration } from '../../apps/central-system/src/configuration';
import type { Node } from './files';
import { composeFiles, documents, manifests, root, servicesOf, text } from './files';
import { isOurs, laxity, longestStop, writtenSecrets, wrongVariables } from './rules';

// The files of deploy/ agree with the service and give away nothing. Cannot see: whether an image builds or a cluster runs.

const defaults = readConfiguration({});
if ('faults' in defaults) throw new Error(defaults.faults.join('\n'));
const { SOAP_PORT, API_PORT, MAX_BODY, KEEP_ALIVE_TIMEOUT, RESPONSE_DEADLINE } = defaults;

const { scripts } = JSON.parse(text('package.json')) as { scripts: { start: string } };
const dockerfile = text('deploy/Dockerfile');
const unit = text('deploy/systemd/ocpp-central-system.service');
const proxy = text('deploy/proxy/haproxy.cfg');

const pairs = (lines: string): Record<string, string> =>
  Object.fromEntries([...lines.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]));
const seconds = (name: string): number => Number(new RegExp(`timeout ${name} (\\d+)s`).exec(proxy)?.[1]);

function program(name: string, ...words: readonly string[]): string | undefined {
  const { error, status, stdout, stderr } = spawnSync(name, words, { encoding: 'utf8' });
  if (error !== undefined) {
    process.stderr.write(`Not checked: ${name} is not on this machine.\n`);
    return undefined;
  }
  return status === 0 ? stderr.trim() : `${name} says ${status}: ${stdout}${stderr}`;
}

describe.each(composeFiles)('%s', (file) => {
  const ours = servicesOf(text(file)).filter(([, service]) => isOurs(service));

  it('gives the service variables that it knows, with values that it takes', () => {
    expect(ours).not.toEqual([]);
    for (const [name, { environment = {} }] of ours) expect([name, wrongVariables(environment)]).toEqual([name, []]);
  });

  it('gives no container more than it needs', () => {
    expect(laxity(text(file))).toEqual([]);
  });

  it('holds no secret', () => {
    expect(writtenSecrets(text(file))).toEqual([]);
  });

  it('publishes the ports of the service', () => {
    const ports = servicesOf(text(file)).flatMap(([, service]) => service.ports ?? []);
    expect(ports).toEqual([`${SOAP_PORT}:${SOAP_PORT}`, `127.0.0.1:${API_PORT}:${API_PORT}`]);
  });

  it('names every instance otherwise', () => {
    const names = ours.map(([, { environment }]) => environment?.INSTANCE_NAME);
    expect(new Set(names).size).toBe(names.length);
    expect(names).not.toContain(undefined);
  });

  it('takes from the file of the operator only what the example names', () => {
    const named = [...text(file).matchAll(/\$\{(\w+)/g)].map(([, name = '']) => name);
    const example = pairs(text('deploy/.env.example'));
    expect(named.filter((name) => !Object.hasOwn(example, name))).toEqual([]);
    expect(Object.values(example).filter((value) => value !== '')).toEqual([]);
  });

  it('hands on each setting under its own name, and what the operator leaves out as nothing', () => {
    for (const [, { environment = {} }] of ours) {
      const handedOn = Object.entries(environment).filter(([, value]) => String(value).endsWith(':-}'));
      expect(handedOn.map(([name]) => name)).toContain('WEBHOOK_ALLOW');
      expect(handedOn.filter(([name, value]) => value !== `\${${name}:-}`)).toEqual([]);
      expect(environment.OUTBOUND_ALLOW).toMatch(/^\$\{OUTBOUND_ALLOW:/);
    }
  });
});

describe('Dockerfile', () => {
  it('starts what `npm start` starts', () => {
    const words = JSON.parse(/^CMD (\[.*\])$/m.exec(dockerfile)?.[1] ?? '[]') as string[];
    expect(words.join(' ')).toBe(scripts.start);
  });

  it('runs as somebody who is not root, with ports and variables of the service', () => {
    const users = [...dockerfile.matchAll(/^USER (.*)$/gm)].map(([, user]) => user);
    expect(users).toEqual(['1000:1000']);
    expect(dockerfile).toContain(`EXPOSE ${SOAP_PORT} ${API_PORT}\n`);
    expect(dockerfile).toContain(`process.env.API_PORT || ${API_PORT}}/health/live`);
    const given = /^ENV (.*)$/m.exec(dockerfile)?.[1] ?? '';
    expect(wrongVariables(pairs(given.replaceAll(' ', '\n')))).toEqual([]);
  });

  it('is built from what the build reads', () => {
    const left = text('.dockerignore').split('\n');
    const { compilerOptions } = JSON.parse(text('nest-cli.json')) as {
      compilerOptions: { builder: { options: { filenames: string[] } } };
    };
    const needed = ['.swcrc', 'nest-cli.json', 'tsconfig.json', ...compilerOptions.builder.options.filenames];
    expect(needed.filter((name) => left.includes(name) || left.includes(name.split('/')[0] ?? ''))).toEqual([]);
  });
});

describe('ocpp-history', () => {
  const { bin } = JSON.parse(text('package.json')) as { bin: { 'ocpp-history': string } };
  const file = bin['ocpp-history'];

  it('is a program of the image', () => {
    expect(text(file.replace(/^dist\/(.*)\.js$/, '$1.ts'))).toMatch(/^#!\/usr\/bin\/env node\n/);
    expect(dockerfile).toContain(`chmod +x ${file} `);
    expect(dockerfile).toContain(`ln -s /app/${file} /usr/local/bin/ocpp-history\n`);
  });

  it('has the user, the folder and the settings of the unit of systemd, and hands on words and exit code', () => {
    const folder = mkdtempSync(join(tmpdir(), 'history-'));
    writeFileSync(join(folder, 'systemd-run'), '#!/bin/sh\nprintf "%s\\n" "$@"; exit 3\n', { mode: 0o755 });
    const { status, stdout } = spawnSync('sh', [join(root, 'deploy/systemd/ocpp-history'), 'tail', '--box', 'A B'], {
      encoding: 'utf8',
      env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
    });
    rmSync(folder, { recursive: true });
    const words = stdout.trim().split('\n');
    const [dataDir] = /DATA_DIR=\S+/.exec(unit) ?? [];
    const shared = ['DynamicUser', 'User', 'StateDirectory', 'StateDirectoryMode', 'UMask', 'EnvironmentFile'];
    for (const name of shared) expect(words).toContain(`--property=${new RegExp(`^${name}=.*$`, 'm').exec(unit)?.[0]}`);
    expect(words).toContain(`--setenv=${dataDir}`);
    expect(words).toContain('--pipe');
    const home = /^WorkingDirectory=(.*)$/m.exec(unit)?.[1];
    expect(words.slice(-5)).toEqual(['/usr/bin/node', `${home}/${file}`, 'tail', '--box', 'A B']);
    expect(status).toBe(3);
  });
});

describe('the unit of systemd', () => {
  const environment = {
    ...pairs(/^Environment=(.*)$/m.exec(unit)?.[1]?.replaceAll(' ', '\n') ?? ''),
    ...pairs(text('deploy/systemd/ocpp-central-system.env.example')),
  };

  it('starts what `npm start` starts', () => {
    expect(/^ExecStart=\/usr\/bin\/(.*)$/m.exec(unit)?.[1]).toBe(scripts.start);
  });

  it('gives the service variables that it knows, and time to drain', () => {
    expect(wrongVariables(environment)).toEqual([]);
    expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1])).toBeGreaterThanOrEqual(longestStop(environment) + 5);
    expect(writtenSecrets(text('deploy/systemd/ocpp-central-system.env.example'))).toEqual([]);
  });

  it('is locked down, but lets V8 write machine code', () => {
    expect(unit).toContain('\nDynamicUser=yes\n');
    expect(unit).toContain('\nNoNewPrivileges=yes\n');
    expect(unit).toContain('\nProtectSystem=strict\n');
    expect(unit).not.toMatch(/^MemoryDenyWriteExecute=/m);
  });

  it('is a unit that systemd takes', () => {
    // Where Node is elsewhere or the unit not installed, only that is missing.
    const folder = mkdtempSync(join(tmpdir(), 'unit-'));
    const copy = join(folder, 'ocpp-central-system.service');
    writeFileSync(copy, unit.replace('/usr/bin/node', process.execPath));
    const said = program('systemd-analyze', 'verify', copy);
    rmSync(folder, { recursive: true });
    expect(said ?? '').not.toMatch(/ocpp-central-system|systemd-analyze says/);
  });
});

describe('the proxy', () => {
  it('calls the ports of the service and looks at its readiness', () => {
    const servers = [...proxy.matchAll(/^ +server (\w+) \1:(\d+)$/gm)].map(([, name, port]) => `${name}:${port}`);
    expect(servers).toEqual([SOAP_PORT, API_PORT].flatMap((port) => [`instance1:${port}`, `instance2:${port}`]));
    expect(proxy).toContain(`check port ${API_PORT} `);
    expect(proxy.match(/option httpchk GET \/health\/ready/g)).toHaveLength(2);
  });

  it('keeps connections longer than boxes pause and shorter than the service does', () => {
    expect(seconds('http-keep-alive')).toBeGreaterThan(65);
    expect(seconds('http-keep-alive')).toBeLessThan(KEEP_ALIVE_TIMEOUT);
    expect(seconds('server')).toBeGreaterThan(RESPONSE_DEADLINE);
    expect(proxy).toContain(`gt ${MAX_BODY} }`);
  });

  it('repeats nothing that was sent', () => {
    expect([...proxy.matchAll(/retry-on (.*)$/gm)].map(([, when]) => when)).toEqual(['conn-failure']);
  });

  it('is a file that HAProxy takes', () => {
    expect(program('haproxy', '-c', '-f', join(root, 'deploy/proxy/haproxy.cfg')) ?? '').not.toMatch(/haproxy says/);
  });
});

describe('the manifests of Kubernetes', () => {
  const all = manifests.flatMap((file) => documents(text(file)));
  const ofKind = (kind: string) => all.filter((one) => one.kind === kind);
  interface Container {
    readonly securityContext: unknown;
    readonly ports: readonly { name: string; containerPort: number }[];
    readonly env: readonly { name: string }[];
    readonly resources: { limits: Node };
    readonly [probe: `${string}Probe`]: { httpGet: { path: string } };
  }
  interface Pod {
    readonly securityContext: Node;
    readonly terminationGracePeriodSeconds: number;
    readonly containers: readonly [Container];
  }
  const set = ofKind('StatefulSet')[0] as { spec: { serviceName: string; template: { spec: Pod } } };
  const pod = set.spec.template.spec;
  const [container] = pod.containers;
  const settings = (ofKind('ConfigMap')[0] as { data: Record<string, string> }).data;

  it('give the service variables that it knows, and time to drain', () => {
    expect(wrongVariables(settings)).toEqual([]);
    const named = Object.fromEntries(container.env.map(({ name }) => [name, '']));
    expect(wrongVariables(named)).toEqual([]);
    expect(Object.keys(named)).toEqual(['INSTANCE_NAME', 'API_KEY', 'CHAIN_KEY', 'EVENT_STORE']);
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(longestStop(settings));
  });

  it('do not start with what the example of the secret holds', () => {
    const { stringData } = ofKind('Secret')[0] as {
      stringData: { API_KEY: string; CHAIN_KEY: string; EVENT_STORE: string };
    };
    const { API_KEY, CHAIN_KEY, EVENT_STORE } = stringData;
    expect(wrongVariables({ API_KEY })).not.toEqual([]);
    expect(wrongVariables({ CHAIN_KEY })).not.toEqual([]);
    expect(wrongVariables({ EVENT_STORE })).not.toEqual([]);
    for (const file of manifests) expect([file, writtenSecrets(text(file))]).toEqual([file, []]);
  });

  it('keep to what the namespace demands', () => {
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 1000,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(container.resources.limits.memory).toBeDefined();
  });

  it('agree on ports, paths and names', () => {
    expect(container.ports).toEqual([
      { name: 'soap', containerPort: SOAP_PORT },
      { name: 'api', containerPort: API_PORT },
    ]);
    const probed = (['startupProbe', 'livenessProbe', 'readinessProbe'] as const).map(
      (probe) => container[probe]?.httpGet.path,
    );
    expect(probed).toEqual(['/health/live', '/health/live', '/health/ready']);
    const services = ofKind('Service').map(({ metadata }) => (metadata as { name: string }).name);
    expect(services).toContain(set.spec.serviceName);
  });

  it('are all in the kustomization', () => {
    const { resources } = ofKind('Kustomization')[0] as { resources: string[] };
    const files = manifests
      .map((file) => file.replace('deploy/kubernetes/', '').replace('.example', ''))
      .filter((file) => file !== 'kustomization.yaml');
    expect([...new Set(files)].sort()).toEqual([...resources].sort());
  });
});

describe('the checks', () => {
  const single = readFileSync(join(root, 'deploy/compose.single.yaml'), 'utf8');

  it.each([
    ["    user: '1000:1000'\n", '', 'runs as root'],
    ["    user: '1000:1000'\n", "    user: '0:0'\n", 'runs as root'],
    ['    read_only: true\n', '    privileged: true\n', 'has privileges'],
    ['    read_only: true\n', '', 'may write to its root'],
    ['    cap_drop: [ALL]\n', '', 'keeps capabilities'],
    ['no-new-privileges:true', 'seccomp:unconfined', 'may gain privileges'],
    ['    mem_limit: 2g\n', '', 'has no limit of memory'],
    ['stop_grace_period: 40s', 'stop_grace_period: 30s', 'is killed while it drains'],
    ['127.0.0.1:3000:3000', '3000:3000', 'shows an inner port'],
  ])('see when %j becomes %j', (good, bad, what) => {
    expect(laxity(single.replace(good, bad))).toContain(`central-system: ${what}`);
  });

  it('see variables and values that the service does not know', () => {
    expect(wrongVariables({ SOAP_PORTS: '8080' })).toEqual(['SOAP_PORTS is no variable of the service']);
    expect(wrongVariables({ SOAP_PORT: 'http' })).not.toEqual([]);
  });

  it('see secrets that stand in a file', () => {
    expect(writtenSecrets('  KURRENTDB_DEFAULT_ADMIN_PASSWORD: hello')).toHaveLength(1);
    expect(writtenSecrets('API_KEY=0123456789abcdef')).toHaveLength(1);
    expect(writtenSecrets('  EVENT_STORE: esdb://admin:hello@store1:2113')).toHaveLength(1);
    expect(writtenSecrets('  API_KEY: ${API_KEY:-hello}')).toHaveLength(1);
  });

  it('see what is not YAML', () => {
    expect(() => documents('a: [1')).toThrow();
    expect(() => documents('a: 1\na: 2')).toThrow();
  });
});
