import { withoutTrailing } from '@app/kernel';

/** What a request target asks for, once scheme, host and letter case are out of the way. */
export interface Target {
  readonly path: string;
  /** `?wsdl` and `?wsdl=…`: which service's WSDL is wanted. */
  readonly wsdl?: 'central-system' | 'charge-point';
}

const knownTargets = new Map<string, Target>();

/**
 * Understands origin form (`/ocpp`) and absolute form (`http://host/ocpp`, which some boxes send). Paths and query keys compare
 * without regard to letter case; a slash at the end does not count.
 */
export function targetOf(url: string): Target {
  const known = knownTargets.get(url);
  if (known) return known;
  const target = parse(url);
  if (knownTargets.size < 100 && url.length < 200) knownTargets.set(url, target);
  return target;
}

function parse(url: string): Target {
  const origin = url.replace(/^https?:\/\/[^/?#]*/i, '');
  const [path = '', query = ''] = origin.toLowerCase().split('?', 2);
  const trimmed = withoutTrailing(path, '/') || '/';
  const wsdl = /(?:^|&)wsdl(?:=([^&]*))?(?:&|$)/.exec(query);
  if (wsdl === null) return { path: trimmed };
  return {
    path: trimmed,
    wsdl: wsdl[1]?.replaceAll(/[^a-z]/g, '').startsWith('chargepoint') ? 'charge-point' : 'central-system',
  };
}

/** The configured path in the form that `Target.path` has. */
export function normalisedPath(path: string): string {
  return parse(path.startsWith('/') ? path : `/${path}`).path;
}
