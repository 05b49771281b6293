/** A setting of a connection string, by the name that the client has for it. */
export interface ConnectionOption {
  readonly key: string;
  readonly value: string;
}

type Check = (value: string) => string | undefined;

const number: Check = (value) => (/^\d{1,9}$/.test(value) ? undefined : 'must be a whole number');
const numberOrOff: Check = (value) => (value === '-1' ? undefined : number(value));
const flag: Check = (value) => (value === 'true' || value === 'false' ? undefined : 'must be true or false');
const said: Check = () => undefined;
const preferences = ['leader', 'follower', 'random', 'readOnlyReplica'];

const checks: Readonly<Record<string, Check>> = {
  tls: flag,
  tlsVerifyCert: (value) =>
    value === 'true' ? undefined : 'has no effect in this client: name the certificate of the authority as tlsCAFile',
  tlsCAFile: said,
  userCertFile: said,
  userKeyFile: said,
  nodePreference: (value) =>
    preferences.some((one) => one.toLowerCase() === value.toLowerCase())
      ? undefined
      : `must be one of ${preferences.join(', ')}`,
  maxDiscoverAttempts: number,
  discoveryInterval: number,
  gossipTimeout: number,
  defaultDeadline: number,
  keepAliveInterval: numberOrOff,
  keepAliveTimeout: numberOrOff,
  connectionName: said,
  throwOnAppendFailure: (value) => (value === 'true' ? undefined : 'must stay true'),
};
const names = new Map(Object.keys(checks).map((name) => [name.toLowerCase(), name]));

/** Names come in any letter case; one that is not known stays as it is. */
export function optionsIn(query: string): readonly ConnectionOption[] {
  if (query === '') return [];
  return query.split('&').map((part) => {
    const [key = '', value = ''] = part.split(/=(.*)/s);
    return { key: names.get(key.toLowerCase()) ?? key, value: decoded(value.trim()) };
  });
}

export function optionFaults(options: readonly ConnectionOption[]): readonly string[] {
  return options.flatMap(({ key, value }, place) => {
    const check = Object.hasOwn(checks, key) ? checks[key] : undefined;
    // What is not a plain word may be part of a password.
    if (check === undefined)
      return [/^[A-Za-z]{1,30}$/.test(key) ? `${key} is no setting` : `setting ${place + 1} is none`];
    const fault = value === '' ? 'has no value' : check(value);
    return fault === undefined ? [] : [`${key} ${fault}`];
  });
}

export function optionText({ key, value }: ConnectionOption): string {
  return `${key}=${encodeURIComponent(value)}`;
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
