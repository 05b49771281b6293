import fc from 'fast-check';
import { readPlainDocument } from './plain-document';
import { defaultLimits, XmlTreeReader } from './xml-tree';

const parser = new XmlTreeReader(defaultLimits, () => undefined);

const envelope =
  '<?xml version="1.0" encoding="UTF-8"?>\r\n<s:Envelope xmlns:s="urn:s" xmlns:a=\'urn:a\'>\n <s:Header><a:To s:mustUnderstand="1">x</a:To></s:Header>' +
  '<s:Body><r xmlns="urn:r"><t>a &amp; b</t><e/><n a="1" b=\'2\' >5</n><a:x xmlns:a="urn:z"/></r></s:Body></s:Envelope>\n';

/** What a reader that never judges may say: nothing, or just what the parser says. */
function agrees(text: string): boolean {
  const plain = readPlainDocument(text, defaultLimits);
  if (plain === undefined) return false;
  expect(plain).toEqual(parser.read(text));
  return true;
}

describe('the reader of plain documents', () => {
  it('reads what boxes send', () => {
    expect(agrees(envelope)).toBe(true);
    expect(agrees('<a/>')).toBe(true);
    expect(agrees('<a b="&#10;"/>')).toBe(false);
  });

  it.each([
    ['<a><b></a></b>', 'tags that cross'],
    ['<a>', 'a document that ends too early'],
    ['<a/><b/>', 'two roots'],
    ['<a/>junk', 'junk behind'],
    ['junk<a/>', 'junk before'],
    ['<p:a/>', 'a prefix without meaning'],
    ['<a p:b="1"/>', 'an attribute with a prefix without meaning'],
    ['<a b="1" b="2"/>', 'an attribute twice'],
    ['<a xmlns:p="u" xmlns:q="u" p:b="1" q:b="2"/>', 'an attribute twice by two prefixes'],
    ['<a xmlns:p=""/>', 'a prefix bound to nothing'],
    ['<a xmlns:xml="u"/>', 'a reserved prefix'],
    ['<a xmlns="http://www.w3.org/2000/xmlns/"/>', 'a reserved namespace'],
    ['<a>&nbsp;</a>', 'an entity that nobody declared'],
    ['<a>&amp</a>', 'a reference without end'],
    ['<a>&#0;</a>', 'a reference to no character'],
    ['<a>]]></a>', 'the end of a section that did not begin'],
    ['<a>\u0001</a>', 'a control character'],
    ['<a b=1/>', 'an attribute without quotes'],
    ['<a b="<"/>', 'a tag in an attribute'],
    ['<a:b:c xmlns:a="u"/>', 'a name of three parts'],
    ['<!DOCTYPE a><a/>', 'a document type'],
    ['<a><?p i?></a>', 'a processing instruction'],
    ['< a/>', 'a blank before a name'],
    ['<a b="1"c="2"/>', 'attributes that touch'],
    ['<?xml version="1.1"?><a/>', 'XML 1.1'],
    ['', 'nothing'],
    [`${'<a>'.repeat(40)}${'</a>'.repeat(40)}`, 'more depth than allowed'],
    [`<a ${Array.from({ length: 40 }, (_, place) => `b${place}=""`).join(' ')}/>`, 'more attributes than allowed'],
  ])('leaves %j to the parser: %s', (text) => {
    expect(readPlainDocument(text, defaultLimits)).toBeUndefined();
  });

  it('says what the parser says of every envelope that somebody broke', () => {
    const parts = [
      '<',
      '>',
      '/',
      '"',
      "'",
      '&',
      ';',
      ' ',
      '=',
      ':',
      'xmlns',
      'a',
      '\n',
      '\r',
      's:',
      '</s:Body>',
      '<e/>',
      '&lt;',
      '\u00e9',
      '\u0000',
    ];
    const change = fc.record({ at: fc.nat(envelope.length), cut: fc.nat(12), put: fc.constantFrom('', ...parts) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        const text = changes.reduce(
          (whole, { at, cut, put }) => whole.slice(0, at) + put + whole.slice(at + cut),
          envelope,
        );
        agrees(text);
      }),
      { numRuns: 5_000 },
    );
  });
});
