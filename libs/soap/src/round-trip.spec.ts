import type { Kind, StructKind } from '@app/ocpp';
import { fieldsOf, ocpp15 } from '@app/ocpp';
import fc from 'fast-check';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createRequestReader, createRequestWriter, createResponseWriter, writeFault } from './index';

const identity = 'BOX-1';
const headers = {
  chargeBoxIdentity: identity,
  messageId: 'urn:uuid:1',
  to: 'http://127.0.0.1/',
  from: 'http://10.0.0.5/',
};

/** Text that XML can carry and that reading does not trim. */
const anyText = (max: number) =>
  fc
    .string({
      unit: fc.constantFrom('a', 'Z', '0', '&', '<', '>', '"', "'", 'é', '漢', '😀', ']', '-', ' '),
      minLength: 1,
      maxLength: Math.min(max, 20),
    })
    .map((text) => `x${text.slice(0, Math.max(0, Math.min(max, 20) - 2))}y`)
    .filter((text) => Array.from(text).length <= max);

function anyOf(kind: Kind): fc.Arbitrary<unknown> {
  switch (kind.kind) {
    case 'struct':
      return anyStruct(kind);
    case 'attributedText':
      return fc.record(
        {
          value: anyText(50),
          ...Object.fromEntries(Object.entries(kind.attributes).map(([name, of]) => [name, anyOf(of)])),
        },
        { requiredKeys: ['value'] },
      );
    case 'string':
      return anyText(kind.max ?? 100);
    case 'enum':
      return fc.constantFrom(...kind.literals);
    case 'int':
      return fc.integer({ min: kind.min ?? -2_147_483_648, max: 2_147_483_647 });
    case 'boolean':
      return fc.boolean();
    case 'instant':
      return fc
        .date({ min: new Date('2000-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
        .map((date) => date.toISOString());
  }
}

function anyStruct(kind: StructKind): fc.Arbitrary<Record<string, unknown>> {
  const fields = fieldsOf(kind);
  const model = Object.fromEntries(
    fields.map(({ name, of, occurs }) => [
      name,
      occurs === 'many' || occurs === 'some' ? fc.array(nonEmpty(of), { minLength: 1, maxLength: 3 }) : anyOf(of),
    ]),
  );
  const requiredKeys = fields
    .filter(({ occurs }) => occurs !== 'optional' && occurs !== 'many')
    .map(({ name }) => name);
  return fc.record(model, { requiredKeys });
}

// An empty container cannot be told from none, and counts as none.
const nonEmpty = (kind: Kind) =>
  anyOf(kind).filter((value) => typeof value !== 'object' || value === null || Object.keys(value).length > 0);

describe.each([
  ['centralSystem', ocpp15.centralSystem],
  ['chargePoint', ocpp15.chargePoint],
] as const)('a request of the %s', (side, service) => {
  const write = createRequestWriter(service);
  const read = createRequestReader({ versions: [ocpp15], side, strict: true });

  it.each(Object.keys(service.operations))('%s is read as it was written, also in strict mode', (operation) => {
    const kind = (service.operations as Record<string, { request: StructKind }>)[operation]?.request;
    fc.assert(
      fc.property(kind === undefined ? fc.constant({}) : anyStruct(kind), (request) => {
        const understood = read(Buffer.from(write(operation, request, headers)), 'application/soap+xml; charset=utf-8');
        expect(understood).toMatchObject({
          kind: 'request',
          operation,
          chargeBoxIdentity: identity,
          messageId: 'urn:uuid:1',
          quirks: [],
        });
        expect(understood.kind === 'request' && understood.request).toEqual(request);
      }),
      { numRuns: 40 },
    );
  });
});

describe('the reader', () => {
  const write = createRequestWriter(ocpp15.centralSystem);
  const read = createRequestReader({ versions: [ocpp15], side: 'centralSystem', strict: false });
  const valid = write(
    'StartTransaction',
    { connectorId: 1, idTag: 'CARD', timestamp: '2026-03-01T12:00:00Z', meterStart: 5 },
    headers,
  );

  it('understands or refuses whatever a valid message is turned into, and never throws', () => {
    const edit = fc.record({
      at: fc.nat(valid.length - 1),
      cut: fc.nat(8),
      put: fc.string({ unit: fc.constantFrom('<', '>', '/', '&', ';', '"', 'a', ' ', '\u0000', ':'), maxLength: 4 }),
    });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        const broken = edits.reduce((text, { at, cut, put }) => text.slice(0, at) + put + text.slice(at + cut), valid);
        expect(['request', 'refused']).toContain(read(Buffer.from(broken)).kind);
      }),
      { numRuns: 1_000 },
    );
    expect(read(Buffer.from(valid)).kind).toBe('request');
  });

  it('does not keep the message alive by a text cut from it', () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const kept: unknown[] = [];
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    for (let count = 0; count < 60; count += 1) {
      const padding = `<!--${'p'.repeat(500_000)}--></soap:Envelope>`;
      const padded = valid.replace('CARD', `CARD-NUMBER-${1_000_000 + count}`).replace('</soap:Envelope>', padding);
      const understood = read(Buffer.from(padded));
      kept.push(understood.kind === 'request' && (understood.request as { idTag: string }).idTag);
    }
    collectGarbage();
    expect(new Set(kept).size).toBe(60);
    // Sixty pinned messages would be thirty million bytes; what is kept is sixty short texts.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(5_000_000);
  });
});

describe('writers', () => {
  const usual = { soapVersion: '1.2', bodyNamespace: ocpp15.centralSystem.namespace, messageId: 'urn:x:1' } as const;

  it('leave out RelatesTo where the request had no MessageID', () => {
    const write = createResponseWriter(ocpp15.centralSystem);
    expect(write('Heartbeat', { currentTime: 'now' }, usual)).not.toContain('RelatesTo');
    expect(write('Heartbeat', { currentTime: 'now' }, { ...usual, relatesTo: '<&>' })).toContain(
      '<wsa:RelatesTo>&lt;&amp;&gt;</wsa:RelatesTo>',
    );
  });

  it('refuse an operation of another service', () => {
    expect(() => createResponseWriter(ocpp15.centralSystem)('Reset', {}, usual)).toThrow(RangeError);
    expect(() => createRequestWriter(ocpp15.chargePoint)('Heartbeat', {}, headers)).toThrow(RangeError);
  });

  it('replace what XML cannot carry', () => {
    const { xml } = writeFault({ ...usual, fault: 'ProtocolError', detail: 'a\u0000b\uD800c<d>' });
    expect(xml).toContain('a\uFFFDb\uFFFDc&lt;d&gt;');
  });

  it.each([
    ['SecurityError', '1.2', 400, 'ocpp:SecurityError'],
    ['InternalError', '1.2', 500, 'soap:Receiver'],
    ['SecurityError', '1.1', 500, 'soap:Client.SecurityError'],
    ['InternalError', '1.1', 500, 'soap:Server.InternalError'],
    ['VersionMismatch', '1.2', 500, 'soap:VersionMismatch'],
  ] as const)('write %s in SOAP %s with status %d', (fault, soapVersion, status, part) => {
    const written = writeFault({ ...usual, soapVersion, fault, detail: 'x' });
    expect(written.status).toBe(status);
    expect(written.xml).toContain(part);
  });
});
