import fc from 'fast-check';
import { createRequestReader } from '@app/soap';
import { ocpp15 } from '@app/ocpp';
import { TextKeeper } from '../kept-text';

const key = Buffer.alloc(32, 9);
const keeper = new TextKeeper('masked', () => key);
const clear = new TextKeeper('clear', () => key);
const read = createRequestReader({ versions: [ocpp15], side: 'centralSystem', strict: false });
const kept = (source: string | Buffer, contentType?: string) => keeper.request(Buffer.from(source), contentType);

const soap = 'http://www.w3.org/2003/05/soap-envelope';
const around = (body: string) =>
  `<s:Envelope xmlns:s="${soap}" xmlns:c="urn://Ocpp/Cs/2012/06/"><s:Header><c:chargeBoxIdentity>BOX</c:chargeBoxIdentity>` +
  `</s:Header><s:Body>${body}</s:Body></s:Envelope>`;
const authorize = (idTag: string, name = 'idTag') =>
  around(`<c:authorizeRequest><c:${name}>${idTag}</c:${name}></c:authorizeRequest>`);

const tag = fc.stringMatching(/^[0-9A-F]{8}$/).filter((each) => !around('').includes(each));
const names = fc.constantFrom('idTag', 'IDTAG', 'idtag', 'parentIdTag', 'idToken', 'tagId', 'rfid', 'cardNumber');

describe('a request that is kept', () => {
  it('never has an idTag in clear, whatever its element is called and however it is cut', () => {
    const cuts = { text: 0, withheld: 0 };
    fc.assert(
      fc.property(tag, names, fc.nat(), fc.constantFrom('', '<', '&', '</', '\0'), (idTag, name, place, noise) => {
        const whole = authorize(idTag, name);
        const cut = place % 3 === 0 ? whole : whole.slice(0, place % whole.length) + noise;
        const text = kept(cut);
        cuts['text' in text ? 'text' : 'withheld'] += 1;
        expect(JSON.stringify(text)).not.toContain(idTag);
      }),
      { numRuns: 500 },
    );
    expect(Math.min(cuts.text, cuts.withheld)).toBeGreaterThan(50);
  });

  it('reads as before, but for the idTag', () =>
    fc.assert(
      fc.property(tag, (idTag) => {
        const text = kept(authorize(idTag));
        const before = read(authorize(idTag));
        const after = read('text' in text ? text.text : '');
        expect(after).toEqual({ ...before, request: { idTag: expect.stringMatching(/^[0-9A-F]{8}$/) as string } });
      }),
    ));

  it('has the same pseudonym as its answer', () => {
    const text = kept(authorize('04A2B3C4'));
    const answer = keeper.response('<a><parentIdTag>04A2B3C4</parentIdTag></a>', text);
    const pseudonym = /<parentIdTag>(\w+)</.exec('text' in answer ? answer.text : '')?.[1];
    expect(text).toEqual({ text: authorize(pseudonym ?? '') });
  });

  it('keeps what a vendor sends as it is', () => {
    const transfer = around(
      '<c:dataTransferRequest><c:vendorId>V</c:vendorId><c:data>04A2B3C4</c:data></c:dataTransferRequest>',
    );
    expect(kept(transfer)).toEqual({ text: transfer });
  });

  it('that is no certain XML is withheld with its length, a keyed digest and the reason, and so is its answer', () => {
    const broken = authorize('04A2B3C4').slice(0, -5);
    const text = kept(broken);
    const digest = expect.stringMatching(/^[0-9a-f]{64}$/) as string;
    const reason = expect.stringMatching(/^1:\d+: unclosed tag$/) as string;
    expect(text).toEqual({ withheld: { bytes: Buffer.byteLength(broken), digest, reason } });
    expect(kept(broken)).toEqual(text);
    expect(keeper.response('<fault>04A2B3C4</fault>', text)).toMatchObject({
      withheld: { bytes: 23, reason: 'The request is not kept.' },
    });
  });

  it('is kept to the byte where idTags may stand in clear', () => {
    expect(clear.request(Buffer.from(authorize('04A2B3C4').slice(0, -5)), undefined)).toEqual({
      text: authorize('04A2B3C4').slice(0, -5),
    });
    expect(clear.request(Buffer.from([0x3c, 0xff]), undefined)).toEqual({ base64: 'PP8=' });
  });

  it('is withheld where it is too long', () => {
    const long = Buffer.alloc(1024 * 1024 + 1, 0x20);
    for (const each of [keeper, clear])
      expect(each.request(long, undefined)).toMatchObject({ withheld: { bytes: long.length } });
  });
});
