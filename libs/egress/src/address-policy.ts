import { isIP } from 'node:net';
import type { AllowEntry, AllowList } from './allow-list';
import { hasPort, neighbourhood, written } from './allow-list';
import type { Ip } from './ip';
import { ipOf, isLoopback, isSame, isWithin, placeOf } from './ip';

/** Whether an address may be called; if not, a sentence for the operator. */
export type Judgement = { readonly allowed: true } | { readonly allowed: false; readonly reason: string };

/** What an address is judged by. */
export interface AddressContext {
  readonly allow: AllowList;
  /** The charge box said it, or an operator set it by hand. */
  readonly source: 'reported' | 'override';
  /** Address from which the charge box itself calls, if known. */
  readonly peer?: string;
  /** What reasons advise to do, where it is not a charge box that is called. */
  readonly wording?: Wording;
}

/** What reasons advise to do: the setting that lists who may be called, and what else there is. */
export interface Wording {
  readonly list: string;
  readonly otherwise: string;
}

const ofBoxes: Wording = { list: 'OUTBOUND_ALLOW', otherwise: 'set the address of the box by hand' };

/** Where a URL leads: a name or an IP address, without brackets, and a port. */
export interface Target {
  readonly url: URL;
  readonly host: string;
  readonly isAddress: boolean;
  readonly port: number;
}

const allowed: Judgement = { allowed: true };
const refused = (reason: string) => ({ allowed: false, reason }) as const;
const longest = 2_000;
const name =
  /^(?=.{1,253}\.?$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.?$/;

/** Foreign text as it may stand in a reason or a log line. */
export const shown = (text: string): string =>
  `"${text.slice(0, 120).replace(/[^\x20-\x7e]/g, '?')}${text.length > 120 ? '...' : ''}"`;

/** Reads the text of a URL; refuses whatever could be read in two ways. */
export function targetOf(text: string, wording = ofBoxes): Target | Extract<Judgement, { allowed: false }> {
  const wrong = wrongIn(text);
  if (wrong !== undefined) return refused(`${shown(text)} ${wrong}; ${wording.otherwise}.`);
  const url = new URL(text);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  return { url, host, isAddress: isIP(host) !== 0, port };
}

// What is looked at is the text itself: the parser drops or repairs all of these in silence.
const oddities: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/[\s\u0000-\u0020\u007f\\]/u, 'has white space, control characters or backslashes in it'],
  [/^(?!https?:)/i, 'is no http or https URL'],
  [/^(?!https?:\/\/[^/?#])/i, 'has no host after //'],
  [/#/, 'has a fragment'],
  [/^https?:\/\/[^/?#]*@/i, 'has a user or a password'],
];

function wrongIn(text: string): string | undefined {
  if (text.length > longest) return `is longer than ${longest} characters`;
  const odd = oddities.find(([pattern]) => pattern.test(text));
  if (odd !== undefined) return odd[1];
  if (!URL.canParse(text)) return 'is no URL: its host or its port cannot be read';
  const { hostname, port } = new URL(text);
  if (port === '0') return 'has the port 0, which nothing can listen on';
  if (!hostname.startsWith('[') && isIP(hostname) === 0 && !name.test(hostname))
    return 'has a host that is neither a name nor an IP address';
  return undefined;
}

/** Judges the text of a URL; a name in it is judged once more when it is resolved. */
export function judgeUrl(text: string, context: AddressContext): Judgement {
  const target = targetOf(text, context.wording);
  if ('allowed' in target) return target;
  return target.isAddress ? judgeAddress(target.host, target.port, context) : allowed;
}

/** Why a URL that an operator sets by hand could not be called, as far as its text tells: what a name leads to is judged when it is called. */
export function overrideFault(text: string, allow: AllowList): string | undefined {
  const judged = judgeUrl(text, { allow, source: 'override' });
  return judged.allowed ? undefined : judged.reason;
}

/** Judges an IP address that is about to be called. */
export function judgeAddress(text: string, port: number, context: AddressContext): Judgement {
  const { wording = ofBoxes } = context;
  const address = ipOf(text);
  if (address === undefined) return refused(`${shown(text)} is no IP address; ${wording.otherwise}.`);
  const said = saidAs(text, address);
  const place = placeOf(address);
  if (place.kind === 'never') return refused(`${said} is ${place.what}, which is never called; ${elsewhere(wording)}.`);
  const matching = context.allow.entries.filter((entry) => isCovered(address, entry, context));
  if (matching.some(({ ports }) => hasPort(ports, port))) return allowed;
  if (place.kind === 'loopback') return refused(loopbackRefused(said, address, wording));
  if (context.source === 'override') return allowed;
  return refused(
    matching.length > 0 ? portRefused(said, `${written(address)}:${port}`, wording) : notListed(said, address, wording),
  );
}

function isCovered(address: Ip, { whom }: AllowEntry, { peer }: AddressContext): boolean {
  const { kind } = placeOf(address);
  if (typeof whom === 'object') return isWithin(address, whom) && (kind !== 'loopback' || isLoopback(whom));
  if (kind === 'loopback') return false;
  if (whom !== 'peer') return whom === kind;
  const caller = peer === undefined ? undefined : ipOf(peer);
  return caller !== undefined && isSame(address, caller);
}

function saidAs(text: string, address: Ip): string {
  return isIP(text) === 6 && address.kind() === 'ipv4' ? `${text}, which is ${address.toString()},` : text;
}

const elsewhere = (wording: Wording): string =>
  wording === ofBoxes ? 'set another address of the box by hand' : wording.otherwise;

const notListed = (said: string, address: Ip, { list, otherwise }: Wording): string =>
  `${said} is not in ${list}; add ${neighbourhood(address)} there, or ${otherwise}.`;

const portRefused = (said: string, place: string, { list, otherwise }: Wording): string =>
  `${said} is in ${list}, but not with port ${place.slice(place.lastIndexOf(':') + 1)}; add ${place} there, or ${otherwise}.`;

const loopbackRefused = (said: string, address: Ip, wording: Wording): string => {
  const network = address.kind() === 'ipv4' ? '127.0.0.0/8' : '[::1]';
  const whose = wording === ofBoxes ? 'the box' : 'the receiver';
  return `${said} is a loopback address; add ${network} to ${wording.list} if ${whose} runs on this very machine.`;
};
