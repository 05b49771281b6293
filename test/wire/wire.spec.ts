import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ocpp15, renderWsdl } from '@app/ocpp';
import { createRequestReader, createResponseWriter } from '@app/soap';
import { bodyOf, schemaFaults, schemaOf } from '../support/xsd';

// A folder a case, named for the operation and for what is special: what comes in and what it means, what is answered and how that looks.

const cases = readdirSync(__dirname).filter((name) => name.includes('__'));
const read = createRequestReader({ versions: [ocpp15], side: 'centralSystem', strict: false });
const write = createResponseWriter(ocpp15.centralSystem);

const text = (name: string, file: string): string => readFileSync(join(__dirname, name, file), 'utf8');
const json = (name: string, file: string): unknown => JSON.parse(text(name, file));
const answered = cases.filter((name) => existsSync(join(__dirname, name, 'response.json')));
const operationOf = (name: string): string => name.slice(0, name.indexOf('__'));

describe('on the wire', () => {
  it.each(cases)('%s is understood', (name) => {
    const understood = read(Buffer.from(text(name, 'request.xml')), 'application/soap+xml; charset=utf-8');
    if (understood.kind === 'refused') throw new Error(understood.detail);
    const { operation, request, quirks } = understood;
    expect({ operation, request, quirks: quirks.map((quirk) => quirk.name) }).toEqual(json(name, 'request.json'));
  });

  it.each(answered)('%s is answered', (name) => {
    const headers = {
      soapVersion: '1.2',
      bodyNamespace: ocpp15.centralSystem.namespace,
      messageId: 'urn:answer:1',
      relatesTo: 'urn:uuid:7',
    } as const;
    expect(write(operationOf(name), json(name, 'response.json') as object, headers)).toBe(text(name, 'response.xml'));
  });

  it('every answer is valid', () => {
    const faults = schemaFaults(
      schemaOf(renderWsdl(ocpp15.centralSystem, 'http://localhost/')),
      answered.map((name) => bodyOf(text(name, 'response.xml'))),
    );
    expect(answered.filter((_name, index) => faults[index] !== '')).toEqual([]);
  });

  it('every operation has a case in both directions', () => {
    expect([...new Set(answered.map(operationOf))].toSorted()).toEqual(
      Object.keys(ocpp15.centralSystem.operations).toSorted(),
    );
  });
});
