import { vendorRegistry } from '@app/charge-box';
import { connectionFaults } from '@app/event-store';
import { trustedProxies } from '@app/ingress';
import { z } from 'zod';
import { captureVariables } from './capture-variables';
import { allowList, host, outboundPath, urlPath } from './configuration-kinds';
import { feedVariables } from './feed-variables';
import type { Variable } from './variable';
import { variable, whole, yesNo } from './variable';
import { webhookVariables } from './webhook-variables';

export const variables = {
  SOAP_PORT: variable(whole(0, 65_535, 8080), '8080', 'Port that charge boxes call; 0 picks a free one.'),
  SOAP_HOST: variable(host('0.0.0.0'), '0.0.0.0', 'Address to listen on for charge boxes.'),
  SOAP_PATH: variable(urlPath, '/ocpp', 'Path that charge boxes call, letter case aside.'),
  API_PORT: variable(whole(0, 65_535, 3000), '3000', 'Port of the operator API; 0 picks a free one.'),
  API_HOST: variable(
    host('127.0.0.1'),
    '127.0.0.1',
    'Address to listen on for operators. Beyond this machine only behind TLS.',
  ),
  API_KEY: variable(
    z.string().min(16, 'must have at least 16 characters').max(512, 'must have at most 512 characters').optional(),
    'made at first start',
    'Key of the operator API. Without it one is made at first start, printed once and kept as a hash.',
  ),
  DATA_DIR: variable(
    z.string().min(1, 'must not be empty').default('./data'),
    './data',
    'Folder of the event store and the read models.',
  ),
  EVENT_STORE: variable(
    z
      .string()
      .default('embedded')
      .superRefine((text, context) => {
        if (text === 'embedded' || text === 'memory') return;
        const faults = text.includes('://')
          ? connectionFaults(text).map((fault) => `is no connection string that can be used: ${fault}`)
          : [
              'must be embedded, memory, or a connection string of EventStoreDB (esdb://...) or KurrentDB (kurrentdb://...)',
            ];
        for (const message of faults) context.addIssue({ code: 'custom', message });
      }),
    'embedded',
    '`embedded` keeps the history in a file below DATA_DIR; `memory` forgets everything at the end, for tries and tests; a connection string (`esdb://user:password@host:2113?tls=true`) keeps it in EventStoreDB or KurrentDB, which several instances may share.',
  ),
  EVENT_STORE_NAMESPACE: variable(
    z
      .string()
      .regex(/^[A-Za-z0-9_]{1,40}$/, 'must be 1 to 40 letters, digits or _')
      .optional(),
    'none',
    'Sets the streams of this system apart from those of others in the same EventStoreDB.',
  ),
  EVENT_STORE_PATIENCE: variable(
    whole(1, 600, 15),
    '15',
    'Seconds for which a request waits while EventStoreDB cannot be reached; then it gets a fault.',
  ),
  INSTANCE_NAME: variable(
    z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,63}$/, 'must be 1 to 63 letters, digits or . _ -')
      .optional(),
    'made at first start',
    'Name of this instance among those that share a store; the same at every start, and no two alike. Without it one is made of the host name and kept in DATA_DIR.',
  ),
  DRAIN_DELAY: variable(
    whole(0, 3_600, 0),
    '0',
    'Seconds at a stop for which everybody is still served while `/health/ready` says no, so that a balancer turns away first.',
  ),
  DRAIN_TIMEOUT: variable(
    whole(1, 3_600, 20),
    '20',
    'Seconds that requests being answered may take at a stop; then their connections are closed.',
  ),
  CHARGE_BOX_REGISTRATION: variable(
    z.enum(['known', 'open'], 'must be known or open').default('known'),
    'known',
    '`known`: a charge box is served once an operator accepted it. `open`: every one is, for labs and demonstrations.',
  ),
  MAX_CANDIDATES: variable(
    whole(0, 1_000_000, 1_000),
    '1000',
    'Most unregistered identities whose boots are recorded.',
  ),
  ID_TAG_POLICY: variable(
    z.enum(['known', 'open'], 'must be known or open').default('known'),
    'known',
    '`known`: an unknown idTag is Invalid. `open`: it is Accepted.',
  ),
  HEARTBEAT_INTERVAL: variable(whole(1, 86_400, 300), '300', 'Seconds between heartbeats that charge boxes are told.'),
  RESPONSE_DEADLINE: variable(
    whole(1, 3_600, 120),
    '120',
    'Seconds for an answer: of somebody outside to a delegated request, and of a charge box to an operation sent to it.',
  ),
  OUTBOUND_ALLOW: variable(
    allowList('peer:80,443,1024-65535', ['peer', 'public', 'private']),
    '`peer:80,443,1024-65535`',
    'Who may be called, with blanks between: `peer` (the address a charge box calls from), `public`, `private`, or networks, each with ports.',
  ),
  OUTBOUND_PEER_PORT: variable(
    z
      .string()
      .regex(/^\d{1,5}$/, 'must be a whole number')
      .transform(Number)
      .refine((port) => port >= 1 && port <= 65_535, 'must be between 1 and 65535')
      .optional(),
    'none',
    'Port at which charge boxes are called that say no usable address. Without it they are not called.',
  ),
  OUTBOUND_PEER_PATH: variable(outboundPath, '/', 'Path that goes with OUTBOUND_PEER_PORT.'),
  OUTBOUND_CONNECT_TIMEOUT: variable(whole(1, 300, 10), '10', 'Seconds until a connection to a charge box must be up.'),
  OUTBOUND_MAX_ANSWER: variable(
    whole(1_024, 1_073_741_824, 1_048_576),
    '1048576',
    'Bytes of an answer of a charge box, as sent and decompressed.',
  ),
  OUTBOUND_CONCURRENT: variable(whole(1, 100_000, 2_000), '2000', 'Charge boxes called at a time.'),
  COMMAND_TIME_TO_LIVE: variable(
    whole(1, 2_592_000, 3_600),
    '3600',
    'Seconds that an operation waits for its charge box, unless its call says otherwise.',
  ),
  CHAIN_KEY: variable(
    z.string().min(32, 'must have at least 32 characters').max(512, 'must have at most 512 characters').optional(),
    'made at first start',
    'Key of the links by which a changed history is found, and of the seal on secrets of webhooks. Instances on one store need the same; without it their history has no links, and they have no webhooks. With the embedded store one is made and kept in DATA_DIR.',
  ),
  SEAL_INTERVAL: variable(
    whole(10, 86_400, 900),
    '900',
    'Seconds between seals, which show where streams ended. One is written at the end of each run too.',
  ),
  VEIL_ID_TAGS: variable(
    yesNo(true),
    'true',
    'Keeps idTags out of the history, so that they can be erased: tokens stand in their place. What is stored already stays as it is.',
  ),
  KEPT_HEARTBEATS: variable(whole(1, 100_000, 100), '100', 'Heartbeats kept for each charge box.'),
  MAX_CONNECTOR_POWER: variable(
    whole(1, 10_000_000, 400_000),
    '400000',
    'Watts. A register that rises faster is flagged as suspect.',
  ),
  DATA_TRANSFER_VENDORS: variable(
    z
      .string()
      .default('')
      .transform((text, context) => {
        const registry = vendorRegistry(text);
        if (!('violations' in registry)) return registry;
        for (const message of registry.violations) context.addIssue({ code: 'custom', message });
        return z.NEVER;
      }),
    'none',
    'Vendors whose DataTransfer is accepted, by commas: `com.example.product`, or `com.example.product/messageId`.',
  ),
  CACHED_CHARGE_BOXES: variable(
    whole(1, 10_000_000, 100_000),
    '100000',
    'Charge boxes kept in memory; the least recently used goes first.',
  ),
  OCPP_STRICT: variable(
    yesNo(false),
    'false',
    'Turns deviations from the protocol into faults. For conformance tests of charge boxes.',
  ),
  FAULT_STATUS: variable(
    z.enum(['binding', '500'], 'must be binding or 500').default('binding'),
    'binding',
    'HTTP status of faults: that of the SOAP binding (400 or 500), or always 500, which some boxes need.',
  ),
  UNRECORDED: variable(
    z.enum(['http', 'fault'], 'must be http or fault').default('http'),
    'http',
    'What starts, stops and meter values get that could not be recorded: status 503, which boxes repeat, or the fault `InternalError`, for boxes that need one.',
  ),
  MAX_BODY: variable(whole(1_024, 1_073_741_824, 1_048_576), '1048576', 'Bytes of a request as sent.'),
  MAX_DECOMPRESSED_BODY: variable(
    whole(1_024, 1_073_741_824, 4_194_304),
    '4194304',
    'Bytes of a request after decompression.',
  ),
  MAX_BODIES: variable(
    whole(1_048_576, 1_099_511_627_776, 268_435_456),
    '268435456',
    'Bytes of all requests that are arriving or being answered, decompressed; above it larger ones than 16 KiB are refused as overload. Never less than one needs.',
  ),
  RECEIVE_TIMEOUT: variable(whole(1, 3_600, 30), '30', 'Seconds that a request may take to arrive.'),
  KEEP_ALIVE_TIMEOUT: variable(whole(1, 86_400, 75), '75', 'Seconds that an idle connection of a charge box is kept.'),
  TRUST_PROXY: variable(
    z
      .string()
      .default('')
      .transform((text, context) => {
        const proxies = trustedProxies(text);
        if (!('violations' in proxies)) return proxies;
        for (const message of proxies.violations) context.addIssue({ code: 'custom', message });
        return z.NEVER;
      }),
    'none',
    'Proxies whose `X-Forwarded-For` is believed, for charge boxes and for the API: addresses or networks, by commas.',
  ),
  ...feedVariables,
  ...webhookVariables,
  MAX_CONNECTIONS: variable(whole(1, 1_000_000, 20_000), '20000', 'Connections of charge boxes at once.'),
  MAX_IN_FLIGHT: variable(
    whole(1, 1_000_000, 5_000),
    '5000',
    'Requests being answered at once; more are refused as overload.',
  ),
  PROJECTIONS_DIR: variable(
    z.string().min(1).optional(),
    'none',
    'Folder with projections of your own; with a history that is kept only (`EVENT_STORE` other than `memory`).',
  ),
  ...captureVariables,
  LOG_LEVEL: variable(
    z
      .enum(
        ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'],
        'must be silent, fatal, error, warn, info, debug or trace',
      )
      .default('info'),
    'info',
    'Least important level that is logged.',
  ),
  LOG_ID_TAGS: variable(yesNo(false), 'false', 'Writes idTags and texts of charge boxes into log lines in clear.'),
} as const satisfies Record<string, Variable>;

type Variables = typeof variables;
export type Configuration = { readonly [Name in keyof Variables]: z.output<Variables[Name]['schema']> };

/** Every fault of an environment, a sentence each, with the name of the variable. */
export interface ConfigurationFaults {
  readonly faults: readonly string[];
}

/** Reads the whole configuration from an environment, or says everything that is wrong with it. Empty variables count as unset. */
export function readConfiguration(
  environment: Readonly<Record<string, string | undefined>>,
): Configuration | ConfigurationFaults {
  const faults: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, { schema }] of Object.entries<Variable>(variables)) {
    const text = environment[name];
    const parsed = schema.safeParse(text === '' ? undefined : text);
    if (parsed.success) values[name] = parsed.data;
    else for (const { message } of parsed.error.issues) faults.push(`${name} ${message}${shown(name, text)}`);
  }
  if (isSamePort(values)) faults.push(`API_PORT must differ from SOAP_PORT (both are ${String(values.API_PORT)})`);
  if (values.PROJECTIONS_DIR !== undefined && values.EVENT_STORE === 'memory')
    faults.push('PROJECTIONS_DIR needs a history that is kept: give an EVENT_STORE other than memory, or leave it out');
  return faults.length > 0 ? { faults } : (values as Configuration);
}

/** Two servers at one port; 0 picks two. */
const isSamePort = ({ SOAP_PORT, API_PORT }: Readonly<Record<string, unknown>>): boolean =>
  SOAP_PORT === API_PORT && SOAP_PORT !== 0 && SOAP_PORT !== undefined;

const secret: ReadonlySet<string> = new Set(['API_KEY', 'CHAIN_KEY', 'EVENT_STORE']);

function shown(name: string, text: string | undefined): string {
  return secret.has(name) || text === undefined ? '' : ` (it is ${JSON.stringify(text.slice(0, 80))})`;
}

/** The table of all variables, for the documentation. */
export function renderConfiguration(): string {
  const rows = Object.entries<Variable>(variables).map(
    ([name, { fallback, doc }]) => `| \`${name}\` | ${fallback} | ${doc} |`,
  );
  return [
    '<!-- Generated by `npm run generate`. Do not edit. -->',
    '',
    '# Configuration',
    '',
    'All settings are environment variables. They are checked at start, all at once; a fault stops the start.',
    '',
    '| variable | default | meaning |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}
