import type { CapturedExchange, CapturedRow } from '@app/capture';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { boot, envelope as anyEnvelope, start } from '../support/envelopes';
import type { EnvelopeParts } from '../support/envelopes';
import type { TestService } from '../support/service';
import { startTestService } from '../support/service';

let service: TestService;
const startWith = async (environment: Readonly<Record<string, string>>) => {
  service = await startTestService(environment);
};
afterEach(() => service.stop());

const listed = async (query = '') => {
  const { body } = await service.api<{ rows: CapturedRow[] }>('GET', `/api/captures${query}`);
  return body.rows;
};
const shown = async (id: number | undefined) =>
  (await service.api<CapturedExchange>('GET', `/api/captures/${id}`)).body;
const everythingOnDisk = () =>
  readdirSync(service.dataDir)
    .filter((name) => name.startsWith('captures'))
    .map((name) => readFileSync(join(service.dataDir, name), 'latin1'))
    .join('');

/** One that is odd in nothing but its body. */
function envelope({ body = '', identity = 'BOX-1' }: EnvelopeParts): string {
  const operation = /^<cs:(\w+)Request/.exec(body)?.[1] ?? '';
  const from = '<wsa:Address>http://10.0.0.5:8080/</wsa:Address>';
  const replyTo = '<wsa:Address>http://www.w3.org/2005/08/addressing/anonymous</wsa:Address>';
  const headers =
    `<wsa:Action>/${operation.charAt(0).toUpperCase()}${operation.slice(1)}</wsa:Action><wsa:MessageID>urn:uuid:1</wsa:MessageID>` +
    `<wsa:From>${from}</wsa:From><wsa:ReplyTo>${replyTo}</wsa:ReplyTo>`;
  return anyEnvelope({ body, identity, headers });
}

const authorize = '<cs:authorizeRequest><cs:idTag>04A2B3C4</cs:idTag></cs:authorizeRequest>';

it('what is odd is kept by default, with its answer, and without its idTag', async () => {
  await startWith({});
  await service.post(envelope({ body: boot }));
  await service.post(envelope({ body: authorize.replaceAll('cs:idTag', 'cs:IDTAG') }));
  await service.post(envelope({ body: '<cs:nothingRequest/>' }));
  await service.post(envelope({ body: authorize }).slice(0, -9));
  expect(await listed()).toMatchObject([
    { fault: 'ProtocolError', status: 400 },
    { identity: 'BOX-1', fault: 'ProtocolError' },
    { identity: 'BOX-1', operation: 'Authorize', status: 200, quirks: ['field-case'], remoteAddress: '127.0.0.1' },
  ]);
  const [broken, , odd] = await listed();
  const exchange = await shown(odd?.id);
  expect(exchange.headers).toEqual({ 'content-type': 'application/soap+xml; charset=utf-8' });
  expect(exchange.request).toEqual({ text: expect.stringMatching(/<cs:IDTAG>[0-9A-F]{8}</) as string });
  expect(exchange.response).toEqual({ text: expect.stringContaining('<status>Accepted</status>') as string });
  expect(await shown(broken?.id)).toMatchObject({ request: { withheld: { reason: expect.any(String) as string } } });
  expect(everythingOnDisk()).toContain('nothingRequest');
  expect(everythingOnDisk()).not.toContain('04A2B3C4');
});

it('everything is kept where all is asked for, in clear where that is asked for, and removed by box', async () => {
  await startWith({ CAPTURE: 'all', CAPTURE_ID_TAGS: 'clear' });
  await service.post(envelope({ body: boot }));
  await service.post(envelope({ body: start({ idTag: '04A2B3C4' }) }));
  await service.post(envelope({ identity: 'BOX-2', body: authorize }));
  expect(await listed('?identity=BOX-1')).toMatchObject([
    { operation: 'StartTransaction' },
    { operation: 'BootNotification' },
  ]);
  expect(await listed('?operation=Authorize')).toMatchObject([{ identity: 'BOX-2', masked: false }]);
  expect(everythingOnDisk()).toContain('04A2B3C4');
  expect((await service.api('DELETE', '/api/captures?identity=BOX-1')).body).toEqual({ removed: 2 });
  expect((await service.api('DELETE', '/api/captures?identity=BOX-2')).body).toEqual({ removed: 1 });
  expect(await listed()).toEqual([]);
  expect(everythingOnDisk()).not.toContain('04A2B3C4');
});

it('nothing is kept where that is asked for, and nothing where nothing is odd', async () => {
  await startWith({ CAPTURE: 'off' });
  await service.post(envelope({ body: '<cs:nothingRequest/>' }));
  expect(await listed()).toEqual([]);
  await service.stop();
  await startWith({});
  await service.post(envelope({ body: boot }));
  expect(await listed()).toEqual([]);
  expect(everythingOnDisk()).toBe('');
});
