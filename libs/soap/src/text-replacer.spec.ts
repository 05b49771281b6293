import fc from 'fast-check';
import { createTextReplacer } from './text-replacer';

const replaceTexts = createTextReplacer();
const stars = { isMeant: (local: string) => local === 'secret', replace: (text: string) => '*'.repeat(text.length) };
const textOf = (source: string | Buffer, contentType?: string) => {
  const replaced = replaceTexts(source, contentType, stars);
  return 'text' in replaced ? replaced.text : replaced;
};

describe('replacing texts of a document', () => {
  it.each([
    ['<a><secret>AB</secret><b>AB</b></a>', '<a><secret>**</secret><b>AB</b></a>'],
    ['<a>\n <secret>\n  AB </secret></a>', '<a>\n <secret>\n  ** </secret></a>'],
    ['<p:a xmlns:p="u"><p:secret x="1">AB</p:secret></p:a>', '<p:a xmlns:p="u"><p:secret x="1">**</p:secret></p:a>'],
    ['<a><secret><![CDATA[AB]]></secret></a>', '<a><secret>**</secret></a>'],
    ['<a><secret>A<![CDATA[<]]>&amp;&#66;</secret></a>', '<a><secret>****</secret></a>'],
    ['<a><secret>A<!-- AB -->B</secret><!-- AB --></a>', '<a><secret>**</secret><!----></a>'],
    ['<a><secret>AB<x>CD</x>E<y/></secret></a>', '<a><secret>**<x>**</x>*<y/></secret></a>'],
    ['<a><secret/><secret></secret></a>', '<a><secret/><secret></secret></a>'],
    ['<a secret="AB" other="AB"/>', '<a secret="**" other="AB"/>'],
    ["<a other='>' secret = 'A\"B'>AB</a>", '<a other=\'>\' secret = "***">AB</a>'],
    ['<?xml version="1.0"?>\n<secret>AB</secret>\n', '<?xml version="1.0"?>\n<secret>**</secret>\n'],
    ['\uFEFF  <secret>AB</secret>', '\uFEFF  <secret>**</secret>'],
    [
      '<a><b>]]&gt;&lt;secret&gt;AB</b><secret>AB</secret></a>',
      '<a><b>]]&gt;&lt;secret&gt;AB</b><secret>**</secret></a>',
    ],
    ['<a><![CDATA[<secret>AB</secret>]]></a>', '<a><![CDATA[<secret>AB</secret>]]></a>'],
  ])('%j becomes %j', (source, replaced) => expect(textOf(source)).toBe(replaced));

  it('reads the encoding that the sender names', () => {
    const source = Buffer.from('<a><secret>äß</secret>ö</a>', 'latin1');
    expect(textOf(source, 'text/xml; charset=iso-8859-1')).toBe('<a><secret>**</secret>ö</a>');
  });

  it.each([
    ['', 'The message is not XML.'],
    ['{"secret":"AB"}', 'The message is not XML.'],
    ['<a><secret>AB</a>', '1:17: unexpected close tag.'],
    ['<a><secret>AB<DEADBEEF</secret></a>', /^1:\d+: [a-z ]+\.$/],
    ['<DEADBEEF:a/>', '1:13: unbound namespace prefix'],
    ['<a><secret>AB</secret></a><b/>', /one root/],
    ['<!DOCTYPE a [<!ENTITY e "AB">]><a>&e;</a>', /document type/],
  ])('cannot be done for %j, and the reason quotes nothing', (source, reason) => {
    expect(textOf(source)).toEqual({ unreadable: expect.stringMatching(reason) as string });
    expect(JSON.stringify(textOf(source))).not.toMatch(/DEADBEEF|AB/);
  });

  it('cannot be done for bytes that are no text', () => {
    expect(textOf(Buffer.from([0x3c, 0xff, 0xfe]))).toEqual({ unreadable: 'The body is not valid utf-8.' });
  });

  const names = fc.constantFrom('a', 'secret', 'p:secret', 'x');
  const texts = fc.oneof(
    fc.constantFrom('', ' ', '\n', 'AB', '&lt;', '&#x41;', "'", '>', '<!-- <secret>AB</secret> -->', '<![CDATA[<]]>'),
    fc.string({ maxLength: 6 }).map((text) => text.replace(/[&<>]|[^\t\n\x20-\x7e]/g, '_')),
  );
  const { element } = fc.letrec<{ element: string; content: string }>((tie) => ({
    element: fc
      .tuple(
        names,
        fc.constantFrom('', ' secret="a&quot;b"', " n='>'", " secret = '<'".replace('<', '&lt;')),
        tie('content'),
      )
      .map(([name, attributes, content]) =>
        content === '' ? `<${name}${attributes}/>` : `<${name}${attributes}>${content}</${name} >`,
      ),
    content: fc
      .array(fc.oneof({ depthSize: 'small' }, texts, tie('element')), { maxLength: 4 })
      .map((parts) => parts.join('')),
  }));

  it('twice is the same as once where the new text is what it would become', () => {
    let done = 0;
    fc.assert(
      fc.property(element, (inner) => {
        const document = `<r xmlns:p="u">${inner}</r>`;
        const once = textOf(document);
        if (typeof once !== 'string') return;
        done += 1;
        expect(textOf(once)).toBe(once);
        expect(once.replaceAll('<!---->', '').replaceAll('*', '').length).toBeLessThanOrEqual(document.length);
      }),
    );
    expect(done).toBeGreaterThan(80);
  });
});
