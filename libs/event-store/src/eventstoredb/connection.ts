import { existsSync } from 'node:fs';
import { codedError, withoutTrailing } from '@app/kernel';
import { optionFaults, optionsIn, optionText } from './connection-options';
import type { ConnectionOption } from './connection-options';

// Connection strings, read by us before the client reads them: it knows one of their schemes alone, truncates some passwords, ignores what
// it does not know, and prints the whole string, secrets and all, when it finds fault with it.

export interface ParsedConnection {
  /** For the client; a different number makes a connection of its own. */
  readonly text: (number: number) => string;
  readonly credentials: { readonly username: string; readonly password: string };
  /** As `host:port`. */
  readonly hosts: readonly string[];
}

const scheme = /^(?:esdb|kurrentdb|kurrent|kdb)(\+discover)?:\/\//;
const defaultPort = '2113';
const connectionName = 'ocpp-central-system';

/** An insecure server takes any, and one call in two needs some. */
const anybody = { username: 'admin', password: 'changeit' };

/**
 * Throws `store-connection-invalid` with everything that is wrong. Nothing of the string is repeated: it may be a secret. Who decides on what
 * it reads must read the newest: only with `mayLag` is another node than the leader asked.
 */
export function parsedConnection(connectionString: string, mayLag = false): ParsedConnection {
  const faults = connectionFaults(connectionString);
  if (faults.length > 0) throw codedError('store-connection-invalid', faults.join('; '));
  const { discovers, credentials, hosts, options } = partsOf(connectionString);
  const login = credentials === undefined ? undefined : credentialsIn(credentials);
  const preferred = mayLag ? options : options.filter(({ key }) => key !== 'nodePreference');
  const all = withDefaults(preferred, discovers || hosts.length > 1);
  const user = login ? `${encodeURIComponent(login.username)}:${encodeURIComponent(login.password)}@` : '';
  const start = `esdb${discovers ? '+discover' : ''}://${user}${hosts.join(',')}`;
  return {
    text: (number) => `${start}?${distinct(all, number).map(optionText).join('&')}`,
    credentials: login ?? anybody,
    hosts,
  };
}

/** What is wrong with a connection string, in words that repeat nothing of it. */
export function connectionFaults(connectionString: string): readonly string[] {
  const text = connectionString.trim();
  if (!scheme.test(text))
    return ['it must begin with esdb://, esdb+discover://, kurrentdb:// or kurrentdb+discover://'];
  const { discovers, credentials, hosts, options } = partsOf(text);
  const faults = [
    ...(credentials === undefined ? [] : credentialFaults(credentials)),
    ...hosts.flatMap(hostFaults),
    ...optionFaults(options),
    ...fileFaults(options),
  ];
  if (discovers && hosts.length > 1) faults.push('with +discover there is one host, whose name leads to all nodes');
  if (credentials === undefined && isSecure(options) && !options.some(({ key }) => key === 'userCertFile'))
    faults.push('a server with TLS needs a user and a password; tls=false is for servers without');
  if (credentials === undefined && text.includes('@'))
    faults.push('characters such as ? and / in a password are written as %3F and %2F');
  return faults;
}

/** The string without user and password, for logs and for people. */
export function redacted(connectionString: string): string {
  return connectionString.replace(/^([a-z+]*:\/\/)?.*@/is, (_all, start: string | undefined) => `${start ?? ''}***@`);
}

interface Parts {
  readonly discovers: boolean;
  readonly credentials: string | undefined;
  readonly hosts: readonly string[];
  readonly options: readonly ConnectionOption[];
}

function partsOf(connectionString: string): Parts {
  const text = connectionString.trim();
  const [start = '', discovers] = scheme.exec(text) ?? [];
  const [place = '', ...query] = text.slice(start.length).split('?');
  const at = place.lastIndexOf('@');
  const names = withoutTrailing(place.slice(at + 1), '/');
  return {
    discovers: discovers !== undefined,
    credentials: at < 0 ? undefined : place.slice(0, at),
    hosts: names.split(',').map((host) => (host.includes(':') ? host : `${host}:${defaultPort}`)),
    options: optionsIn(withoutTrailing(query.join('?'), '/')),
  };
}

function credentialsIn(text: string): ParsedConnection['credentials'] {
  const colon = text.indexOf(':');
  return { username: decodeURIComponent(text.slice(0, colon)), password: decodeURIComponent(text.slice(colon + 1)) };
}

function credentialFaults(text: string): readonly string[] {
  const colon = text.indexOf(':');
  if (colon < 1 || colon === text.length - 1) return ['before the @ stand a user, a colon and a password'];
  try {
    credentialsIn(text);
    return [];
  } catch {
    return ['a percent sign in a user or password is written as %25'];
  }
}

function hostFaults(host: string, place: number): readonly string[] {
  const [name = '', port = '', ...rest] = host.split(':');
  const which = `host ${place + 1}`;
  if (host.includes('[') || rest.length > 1) return [`${which}: the client cannot read addresses of IPv6; use a name`];
  return [
    ...(/^[\w.-]+$/.test(name) ? [] : [`${which}: it is no name or address`]),
    ...(rest.length === 0 && /^\d{1,5}$/.test(port) && Number(port) > 0 && Number(port) < 65_536
      ? []
      : [`${which}: its port must be a number from 1 to 65535`]),
  ];
}

function fileFaults(options: readonly ConnectionOption[]): readonly string[] {
  const files = options.filter(({ key }) => ['tlsCAFile', 'userCertFile', 'userKeyFile'].includes(key));
  const missing = files.filter(({ value }) => !existsSync(value)).map(({ key }) => `${key}: there is no such file`);
  const hasOne = (wanted: string) => options.some(({ key }) => key === wanted);
  if (hasOne('userCertFile') !== hasOne('userKeyFile')) missing.push('userCertFile and userKeyFile go together');
  return missing;
}

function isSecure(options: readonly ConnectionOption[]): boolean {
  return !options.some(({ key, value }) => key === 'tls' && value === 'false');
}

const defaultTimeout = 10_000;
const never = 1_000_000_000;

/** The transport shares one connection among all clients of the same settings, so that these differ by milliseconds. */
function distinct(options: readonly ConnectionOption[], number: number): readonly ConnectionOption[] {
  const key = 'keepAliveTimeout';
  const given = options.find((option) => option.key === key);
  const base = given === undefined ? defaultTimeout : given.value === '-1' ? never : Number(given.value);
  return [...options.filter((option) => option !== given), { key, value: String(base + number) }];
}

/** Discovery is tried once for each of our own tries: a client that is busy with it cannot be ended. */
function withDefaults(options: readonly ConnectionOption[], discovers: boolean): readonly ConnectionOption[] {
  const wanted: ConnectionOption[] = [
    { key: 'connectionName', value: connectionName },
    { key: 'nodePreference', value: 'leader' },
  ];
  if (discovers) wanted.push({ key: 'maxDiscoverAttempts', value: '1' }, { key: 'gossipTimeout', value: '2' });
  const missing = wanted.filter(({ key }) => !options.some((option) => option.key === key));
  return [...options.filter(({ key }) => key !== 'tlsVerifyCert'), ...missing];
}
