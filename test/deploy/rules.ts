import { readConfiguration, variables } from '../../apps/central-system/src/configuration';
import type { ComposeService } from './files';
import { servicesOf } from './files';

/** Variables that are not the service's own: of Node. */
const ofOthers = ['NODE_ENV'];

/** What is wrong with the variables that a file gives to the service. */
export function wrongVariables(environment: Readonly<Record<string, string>>): readonly string[] {
  const unknown = Object.keys(environment).filter(
    (name) => !Object.hasOwn(variables, name) && !ofOthers.includes(name),
  );
  const filled = Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [name, filledIn(name, String(value))]),
  );
  const read = readConfiguration(filled);
  // Files of a container are not here.
  const faults = 'faults' in read ? read.faults.filter((fault) => !fault.includes('there is no such file')) : [];
  return [...unknown.map((name) => `${name} is no variable of the service`), ...faults];
}

/** A compose file takes secrets and networks from the file of the operator. */
const filledIn = (name: string, value: string): string =>
  value
    .replaceAll(/\$\{\w+:-\}/g, '')
    .replaceAll(
      /\$\{\w+:\?[^}]*\}/g,
      name === 'OUTBOUND_ALLOW' ? '10.20.0.0/16:8080' : 'a-key-of-somebody-that-is-long-enough',
    );

/** Seconds that a stop may take: both settings, and ten to close. */
export function longestStop({ DRAIN_DELAY, DRAIN_TIMEOUT }: Readonly<Record<string, string>>): number {
  const read = readConfiguration({ DRAIN_DELAY, DRAIN_TIMEOUT });
  if ('faults' in read) throw new Error(read.faults.join('\n'));
  return read.DRAIN_DELAY + read.DRAIN_TIMEOUT + 10;
}

/** Where a file gives a container more than it needs. */
export function laxity(yaml: string): readonly string[] {
  return servicesOf(yaml).flatMap(([name, service]) => lax(service).map((what) => `${name}: ${what}`));
}

function lax(service: ComposeService): readonly string[] {
  const { user, cap_drop, security_opt, environment = {} } = service;
  const checks: readonly (readonly [boolean, string])[] = [
    [user === undefined || /^(0|root)\b/.test(user), 'runs as root'],
    [service.privileged === true || service.cap_add !== undefined, 'has privileges'],
    [service.network_mode === 'host', 'shares the network of the host'],
    [cap_drop?.includes('ALL') !== true, 'keeps capabilities'],
    [security_opt?.includes('no-new-privileges:true') !== true, 'may gain privileges'],
    [service.mem_limit === undefined, 'has no limit of memory'],
    [service.restart !== 'unless-stopped', 'does not start again'],
    [service.stop_grace_period === undefined, 'has no time to stop'],
    [isOurs(service) && service.read_only !== true, 'may write to its root'],
    [
      isOurs(service) && Number.parseInt(service.stop_grace_period ?? '0') <= longestStop(environment),
      'is killed while it drains',
    ],
    [
      service.ports?.some((port) => /\b(3000|2113|1112)$/.test(port) && !port.startsWith('127.0.0.1:')) === true,
      'shows an inner port',
    ],
  ];
  return checks.flatMap(([isLax, what]) => (isLax ? [what] : []));
}

export const isOurs = ({ image }: ComposeService): boolean => image.startsWith('ocpp-central-system');

/** Passwords and keys that stand in a file instead of coming from the operator. */
export function writtenSecrets(yaml: string): readonly string[] {
  return [...yaml.matchAll(/^\s*-?\s*"?(\w*(?:PASSWORD|API_KEY|CHAIN_KEY|SECRET)\w*)\s*[:=][ \t]*(.*)$/gm)]
    .filter(([, , value = '']) => !/^(\$\{\w+:\?[^}]*\}|FILL-IN|)$/.test(value.trim()))
    .map(([, name = '']) => name)
    .concat(/changeit|\/\/\w+:(?!\$\{|PASSWORD@)[^@\s/]+@/.test(yaml) ? ['a password in a connection string'] : []);
}
