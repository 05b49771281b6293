import type { MessageDirection, OcppVersion, Service } from '@app/ocpp';
import { wrapperName } from '@app/ocpp';
import type { Decode } from './decoder';
import { structDecoder } from './decoder';
import type { Notes } from './notes';
import type { XmlElement } from './xml-tree';

/** An operation as a reader finds it. */
export interface Route {
  readonly version: OcppVersion;
  readonly service: Service;
  readonly operation: string;
  readonly decode: Decode;
}

/** Why a body element leads nowhere. */
export interface NoRoute {
  readonly fault: 'ProtocolError' | 'NotSupported';
  readonly detail: string;
}

/** Versions that boxes may speak and we do not, so that a refusal can name them. */
const otherVersions = [
  { version: '1.2', names: /^urn:\/\/Ocpp\/C[sp]\/2010\/08\/?$/ },
  { version: '1.6', names: /^urn:\/\/Ocpp\/C[sp]\/2015\/10\/?$/ },
] as const;

type Side = 'centralSystem' | 'chargePoint';

/** Finds the operation by the qualified name of the body element: exactly first, then as boxes are known to miss it. */
export class Dispatch {
  private readonly exact = new Map<string, Route>();
  private readonly folded = new Map<string, Route>();
  private readonly namespaces = new Map<string, { readonly version: OcppVersion; readonly side: Side }>();
  private readonly foreign = new Set<string>();

  constructor(
    private readonly versions: readonly OcppVersion[],
    private readonly side: Side,
    direction: MessageDirection,
  ) {
    for (const version of versions) {
      for (const each of ['centralSystem', 'chargePoint'] as const)
        this.namespaces.set(version[each].namespace, { version, side: each });
      const service = version[side];
      for (const [operation, { [direction]: kind }] of Object.entries(service.operations)) {
        const route = { version, service, operation, decode: structDecoder(kind) };
        const wrapper = wrapperName(operation, direction);
        this.exact.set(`${service.namespace} ${wrapper}`, route);
        this.folded.set(`${service.namespace} ${wrapper.toLowerCase()}`, route);
      }
      const other = version[side === 'centralSystem' ? 'chargePoint' : 'centralSystem'];
      for (const operation of Object.keys(other.operations))
        this.foreign.add(wrapperName(operation, direction).toLowerCase());
    }
  }

  find(element: XmlElement, notes: Notes): Route | NoRoute {
    return this.exact.get(`${element.uri} ${element.local}`) ?? this.findNear(element, notes);
  }

  private findNear(element: XmlElement, notes: Notes): Route | NoRoute {
    const namespace = this.nearestNamespace(element.uri, notes);
    if (namespace === undefined) return this.unknownNamespace(element.uri);
    const exact = this.exact.get(`${namespace} ${element.local}`);
    if (exact) return exact;
    const folded = this.folded.get(`${namespace} ${element.local.toLowerCase()}`);
    if (folded) {
      notes.quirk('wrapper-case', undefined, element.local);
      return folded;
    }
    if (this.foreign.has(element.local.toLowerCase())) {
      const detail = `${element.local.slice(0, 60)} is an operation of the other side; it is not served here.`;
      return { fault: 'NotSupported', detail };
    }
    return {
      fault: 'ProtocolError',
      detail: `The body element is no operation of OCPP ${this.spoken()}: ${element.local.slice(0, 60)}`,
    };
  }

  /** The namespace of the side that is served here and is evidently meant. */
  private nearestNamespace(uri: string, notes: Notes): string | undefined {
    const known = this.namespaces.get(uri);
    if (known !== undefined) {
      if (known.side !== this.side) notes.quirk('other-service-namespace', undefined, uri);
      return known.version[this.side].namespace;
    }
    const slashed = this.namespaces.get(uri.endsWith('/') ? uri.slice(0, -1) : `${uri}/`);
    if (slashed === undefined) return undefined;
    notes.quirk('namespace-slash', undefined, uri);
    return slashed.version[this.side].namespace;
  }

  private unknownNamespace(uri: string): NoRoute {
    const other = otherVersions.find(({ names }) => names.test(uri))?.version;
    const meaning = other === undefined ? '' : `, that of OCPP ${other}`;
    const where = uri === '' ? 'no namespace' : `the namespace ${uri.slice(0, 200)}${meaning}`;
    const ours = this.versions.map((version) => `xmlns="${version[this.side].namespace}"`).join(' or ');
    const remedy = other === undefined ? ` Its element needs ${ours}.` : '';
    const detail = `The body is in ${where}; this address speaks OCPP ${this.spoken()}.${remedy}`;
    return { fault: 'ProtocolError', detail };
  }

  private spoken(): string {
    return this.versions.map(({ version }) => version).join(', ');
  }
}
