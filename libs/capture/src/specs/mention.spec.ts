import { TextKeeper } from '../kept-text';
import { mentionOf } from '../mention';

const keeper = new TextKeeper('clear', () => Buffer.alloc(32));
const isMentioned = mentionOf('04AABBCC');
const kept = (body: string | Buffer) => keeper.request(Buffer.from(body as string), undefined);
const message = (idTag: string, declared = '') => `${declared}<a><idTag>${idTag}</idTag><note>ann</note></a>`;
const utf16 = '<?xml version="1.0" encoding="UTF-16"?>';

describe('an idTag is found in a message in clear', () => {
  it.each([
    ['as it is', message('04AABBCC')],
    ['in other letter case', message('04aabbcc')],
    ['behind a reference', message('&#48;4AABBCC')],
    ['behind a reference to its number in hexadecimal digits', message('&#x30;4AABBCC')],
    ['around a comment', message('04<!-- of > Jo -->AABBCC')],
    ['around a processing instruction', message('04<?of Jo?>AABBCC')],
    ['in two pieces of CDATA', message('04<![CDATA[AABB]]>CC')],
    ['around an element', message('04<b/>AABBCC')],
    ['in an attribute', '<a idTag="0&#52;AABBCC"/>'],
    ['in UTF-16 with a mark', Buffer.from(`\uFEFF${message('04AABBCC', utf16)}`, 'utf16le')],
    ['in UTF-16 without a mark', Buffer.from(message('04AABBCC', utf16), 'utf16le')],
    ['in what hides its letters and cannot be read', '<a>&#48;4AABBCC'],
  ])('%s', (_how, body) => {
    expect(isMentioned(kept(body))).toBe(true);
  });
});

it.each([
  ['another idTag', message('04AABBCD')],
  ['a longer one', message('04AABBCC1')],
  ['a longer one behind references', message('&#48;4AABBCC&#49;')],
  ['another one around a comment', message('04<!-- of Jo -->AABBCD', '<?xml version="1.0"?>')],
  ['another one in UTF-16', Buffer.from(`\uFEFF${message('04AABBCD', utf16)}`, 'utf16le')],
  ['what is no XML, and hides nothing', 'GET / of somebody'],
  ['XML that breaks off, and hides nothing', '<?xml version="1.0"?><a><idTag>04AABBCD'],
])('it is not found in %s', (_what, body) => {
  expect(isMentioned(kept(body))).toBe(false);
});
