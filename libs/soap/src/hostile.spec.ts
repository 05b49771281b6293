import { ocpp15 } from '@app/ocpp';
import { envelope } from '../../../test/support/envelopes';
import { createRequestReader } from './index';

// XML that is no XML, or is meant to cost: refused, soon, with the place of the fault. Cannot see: what HTTP does to it before.

const read = createRequestReader({ versions: [ocpp15], side: 'centralSystem', strict: false });
const strictly = createRequestReader({ versions: [ocpp15], side: 'centralSystem', strict: true });
const good = envelope();
const empty = '<cs:heartbeatRequest/>';
const withBody = (body: string) => envelope({ body });
const many = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => text(index)).join('');

const broken: readonly (readonly [what: string, xml: string, detail: RegExp])[] = [
  ['mismatched tags', good.replace('</s:Body>', '</s:Boddy>'), /unexpected close tag|unmatched/],
  ['a truncated end', good.slice(0, -20), /unclosed tag|unexpected end/],
  ['a truncated tag', good.slice(0, -3), /unclosed tag|unexpected end/],
  ['two roots', good + good.slice(good.indexOf('<s:Envelope')), /after the root|outside|one root/],
  ['text behind the root', `${good}junk`, /text data outside of root node/],
  ['an unbound prefix', withBody('<xx:heartbeatRequest/>'), /unbound namespace prefix: "xx"/],
  ['an undeclared nil', withBody('<cs:heartbeatRequest xsi:nil="true"/>'), /unbound namespace prefix: "xsi"/],
  ['a prefix that is undone', withBody('<cs:heartbeatRequest xmlns:q=""/>'), /undefine prefix/],
  ['a duplicate attribute', withBody('<cs:heartbeatRequest a="1" a="2"/>'), /duplicate attribute/],
  [
    'one attribute by two prefixes',
    withBody('<cs:heartbeatRequest xmlns:a="u" xmlns:b="u" a:x="1" b:x="2"/>'),
    /duplicate attribute/,
  ],
  ['an attribute without quotes', withBody('<cs:heartbeatRequest a=1/>'), /unquoted|disallowed/],
  ['a name with two colons', withBody('<cs:a:b/>'), /malformed name/],
  ['a reference to no character', envelope({ identity: '&#0;' }), /malformed character entity/],
  ['a reference to a surrogate', envelope({ identity: '&#xD800;' }), /malformed character entity/],
  ['a reference beyond XML', envelope({ identity: '&#xFFFF;' }), /malformed character entity/],
  ['an entity of HTML', envelope({ identity: '&nbsp;' }), /undefined entity/],
  ['an entity that every object has', envelope({ identity: '&constructor;' }), /undefined entity/],
  ['a bare ampersand', envelope({ identity: 'A & B' }), /unclosed tag/],
  ['a control character', envelope({ identity: 'A\u0001B' }), /disallowed character/],
  [
    'a control character by way of XML 1.1',
    envelope({ identity: '&#1;' }).replace('1.0', '1.1'),
    /XML 1.1 is not allowed/,
  ],
  [
    'a document type',
    good.replace('<s:Envelope', '<!DOCTYPE s:Envelope><s:Envelope'),
    /document type declaration is not allowed/,
  ],
  [
    'an entity bomb',
    good
      .replace(
        '<s:Envelope',
        `<!DOCTYPE l [<!ENTITY a "aaaa">${many(20, (n) => `<!ENTITY a${n} "&a;&a;&a;&a;">`)}]><s:Envelope`,
      )
      .replace('BOX-1', '&a19;'),
    /document type declaration is not allowed/,
  ],
  [
    'a processing instruction',
    good.replace('<s:Body>', '<?php evil() ?><s:Body>'),
    /Processing instructions are not allowed/,
  ],
  [
    'a style sheet',
    good.replace('<s:Envelope', '<?xml-stylesheet href="x"?><s:Envelope'),
    /Processing instructions are not allowed/,
  ],
  [
    'a late declaration',
    good.replace('<s:Body>', '<?xml version="1.0"?><s:Body>'),
    /XML declaration must be at the start/,
  ],
  ['CDATA that ends in text', envelope({ identity: 'A]]>B' }), /"\]\]>" is disallowed/],
  [
    '10 000 attributes',
    good.replace(empty, `<cs:heartbeatRequest ${many(10_000, (n) => `a${n}="1" `)}/>`),
    /too many attributes/,
  ],
  [
    '10 000 declarations',
    good.replace(empty, `<cs:heartbeatRequest ${many(10_000, (n) => `xmlns:a${n}="u${n}" `)}/>`),
    /too many attributes/,
  ],
  ['a depth of 100 000', withBody('<a>'.repeat(100_000)), /nested too deeply/],
  [
    '300 000 elements',
    withBody(`<cs:heartbeatRequest>${'<a/>'.repeat(300_000)}</cs:heartbeatRequest>`),
    /too many elements/,
  ],
];

describe('a document', () => {
  it.each(broken)('with %s is refused, with line and column', (_what, xml, detail) => {
    const answer = read(Buffer.from(xml));
    expect(answer).toMatchObject({ kind: 'refused', fault: 'ProtocolError' });
    expect(answer.kind === 'refused' && answer.detail).toMatch(/not well-formed XML: \d+:\d+: /);
    expect(answer.kind === 'refused' && answer.detail).toMatch(detail);
  });

  it.each(['nothing', '', '   \n', '\uFEFF', '{"json":true}'])('that is none is refused: %j', (text) => {
    expect(read(Buffer.from(text))).toMatchObject({ kind: 'refused', fault: 'ProtocolError' });
  });

  it.each([
    ['a prefix', withBody(`<${'n'.repeat(100_000)}:a/>`)],
    [
      'unknown fields',
      withBody(`<cs:heartbeatRequest>${many(100, (n) => `<cs:${'f'.repeat(250)}${n}/>`)}</cs:heartbeatRequest>`),
    ],
  ])('is refused in a few hundred characters, however long it makes %s', (_what, xml) => {
    const answer = strictly(xml);
    expect(answer.kind === 'refused' && answer.detail.length).toBeLessThan(500);
  });

  it('is read after any that was refused', () => {
    for (const [, xml] of broken) {
      read(xml);
      expect(read(good).kind).toBe('request');
    }
  });

  it('may be long', () => {
    const long = `<cs:dataTransferRequest><cs:vendorId>v</cs:vendorId><cs:data>${'long text '.repeat(100_000)}</cs:data></cs:dataTransferRequest>`;
    const answer = read(Buffer.from(withBody(long)));
    expect(answer.kind === 'request' && (answer.request as { data: string }).data).toHaveLength(1_000_000);
  });
});

describe('the price of a document', () => {
  const cheap = broken.filter(([what]) => /10 000|100 000/.test(what));

  it.each(cheap)('with %s is that of its first few thousand characters', (_what, xml) => {
    const bytes = Buffer.from(xml);
    const best = (part: Buffer) => Math.min(...Array.from({ length: 5 }, () => time(() => read(part))));
    // The whole of it would take twenty to fifty times as long.
    expect(best(bytes)).toBeLessThan(10 * Math.max(best(bytes.subarray(0, 20_000)), 0.5));
  });

  it.each([
    ['comments', '<!---->'],
    ['digits', '1'],
    ['unknown fields', '<cs:a/>'],
  ])('grows no faster than its length: %s', (_what, piece) => {
    const of = (count: number) =>
      Buffer.from(
        withBody(
          `<cs:stopTransactionRequest><cs:transactionId>1${piece.repeat(count)}</cs:transactionId></cs:stopTransactionRequest>`,
        ),
      );
    // Sixteen short documents hold as much as the long one. A square would make it sixteen times as dear; memory costs too.
    const [small, large] = [of(1_000), of(16_000)];
    const best = (bytes: Buffer, times: number) =>
      Math.min(...Array.from({ length: 5 }, () => time(() => Array.from({ length: times }, () => read(bytes)))));
    best(small, 16);
    expect(best(large, 1)).toBeLessThan(8 * Math.max(best(small, 16), 0.5));
  });
});

/** Milliseconds of processor time: what else runs on the machine does not count. */
function time(work: () => unknown): number {
  const begin = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(begin);
  return (user + system) / 1_000;
}
