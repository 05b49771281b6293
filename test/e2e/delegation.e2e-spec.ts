import { handmadeBox, responseOf } from '../support/charge-points';
import { boot, envelope, start } from '../support/envelopes';
import type { Answer, TestService } from '../support/service';
import { apiKey, call, startTestService } from '../support/service';

// An outside flow answers charge boxes over HTTP, in the words of the nodes that this project descends from. Deadlines are short but real.
// Cannot see: flows of other makers.

interface FlowMessage {
  readonly msgId: string;
  readonly msgID: string;
  readonly ocpp: { readonly command: string; readonly chargeBoxIdentity: string; readonly From?: string };
  readonly payload: { readonly command: string; readonly data: Readonly<Record<string, unknown>> };
}

let service: TestService;
beforeEach(async () => {
  service = await startTestService({
    CHARGE_BOX_REGISTRATION: 'known',
    ID_TAG_POLICY: 'known',
    RESPONSE_DEADLINE: '1',
    OUTBOUND_ALLOW: 'peer 127.0.0.0/8',
  });
});
afterEach(() => service.stop());

const delegate = (more: object = {}) =>
  service.api('PUT', '/api/answering', {
    answers: { BootNotification: 'delegated', Authorize: 'delegated', StartTransaction: 'delegated' },
    ...more,
  });
const pending = async (): Promise<FlowMessage> => {
  for (const end = Date.now() + 5_000; Date.now() < end;) {
    const { body } = await service.api<{ rows: { message: FlowMessage }[] }>('GET', '/api/requests?status=Pending');
    const message = body.rows[0]?.message;
    if (message !== undefined) return message;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('No request came.');
};
const answer = (message: FlowMessage, payload: unknown) =>
  service.api<{ detail: string; violations: { path: string }[] }>('POST', `/api/requests/${message.msgId}/response`, {
    ...message,
    payload,
  });

describe('a flow', () => {
  /** Follows the feed and answers as the flow of the seed does, until it is stopped. */
  function flow(answers: Readonly<Record<string, unknown>>) {
    const stopping = new AbortController();
    const seen: FlowMessage[] = [];
    const work = async () => {
      const response = await fetch(`http://127.0.0.1:${service.apiPort}/api/requests/feed?responder=flow`, {
        headers: { Authorization: `Bearer ${apiKey}` },
        signal: stopping.signal,
      });
      let text = '';
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        text += Buffer.from(chunk).toString();
        const events = text.split('\n\n');
        text = events.pop() ?? '';
        for (const event of events) {
          const data = /^event: request$/m.test(event) ? /^data: (.*)$/m.exec(event)?.[1] : undefined;
          if (data === undefined) continue;
          const message = JSON.parse(data) as FlowMessage;
          seen.push(message);
          await answer(message, answers[message.ocpp.command]);
        }
      }
    };
    const done = work().catch(() => undefined);
    return { seen, stop: () => (stopping.abort(), done) };
  }

  it('accepts a boot, an idTag and a start as the examples of its nodes do', async () => {
    await delegate({ respondWithin: { BootNotification: 20, Authorize: 20, StartTransaction: 20 } });
    const answering = flow({
      BootNotification: { status: 'Accepted', currentTime: new Date(), heartbeatInterval: 90 },
      Authorize: { idTagInfo: { status: 'Accepted', expiryDate: '2099-01-01T00:00:00Z', parentIdTag: 'FAMILY' } },
      StartTransaction: { transactionId: 4711, idTagInfo: { status: 'Accepted' } },
    });
    try {
      const booted = await service.post(envelope({ body: boot }));
      expect(booted.body).toContain('<heartbeatInterval>90</heartbeatInterval>');
      expect(booted.body).toContain('<status>Accepted</status>');
      const authorize = '<cs:authorizeRequest><cs:idTag>CARD</cs:idTag></cs:authorizeRequest>';
      expect((await service.post(envelope({ body: authorize }))).body).toContain('FAMILY');
      expect((await service.post(envelope({ body: start() }))).body).toContain('<transactionId>4711</transactionId>');
      expect(answering.seen).toMatchObject([
        {
          ocpp: { command: 'BootNotification', chargeBoxIdentity: 'BOX-1', From: 'http://10.0.0.5:8080/' },
          payload: { command: 'BootNotification', data: { chargePointVendor: 'Acme', chargePointModel: 'Duo' } },
        },
        { payload: { command: 'Authorize', data: { idTag: 'CARD' } } },
        { payload: { command: 'StartTransaction', data: { connectorId: 1, meterStart: 1000 } } },
      ]);
      for (const { msgId, msgID } of answering.seen) expect(msgID).toBe(msgId);
      // The answer to the box does not wait for the read models.
      const shown = async () => (await service.api('GET', '/api/transactions/4711')).body;
      for (let look = 0; look < 100 && !('identity' in ((await shown()) as object)); look += 1) await aMoment();
      expect(await shown()).toMatchObject({ identity: 'BOX-1', status: 'open', idTag: 'CARD' });
    } finally {
      await answering.stop();
    }
  });

  it('sends what the request node sends: the default of a preset, letter case aside, each part replaced whole', async () => {
    await service.api('PUT', '/api/charge-boxes/BOX-1/registration', { registration: 'Accepted' });
    const box = await handmadeBox((body, response) => {
      const name = /<(\w+)Request/.exec(body)?.[1] ?? '';
      response.end(responseOf(`<${name}Response><status>Accepted</status></${name}Response>`));
    });
    try {
      const from = `<wsa:From><wsa:Address>http://127.0.0.1:${box.port}/</wsa:Address></wsa:From>`;
      await service.post(envelope({ body: boot, headers: from }));
      await service.api('PUT', '/api/presets/restart', { command: 'Reset', data: { type: 'soft' } });
      const send = async (body: object) =>
        (await service.api('POST', '/api/charge-boxes/BOX-1/commands', { preset: 'restart', wait: 10, ...body })).body;
      expect(await send({})).toMatchObject({ payload: { status: 'Accepted' }, ocpp: { data: { type: 'Soft' } } });
      expect(await send({ payload: { data: { type: 'hard' } } })).toMatchObject({ ocpp: { data: { type: 'Hard' } } });
      expect(await send({ payload: { command: 'ClearCache', data: {} } })).toMatchObject({
        ocpp: { command: 'ClearCache', chargeBoxIdentity: 'BOX-1', url: `http://127.0.0.1:${box.port}/`, data: {} },
      });
      expect(box.requests.map((text) => /<type>(\w+)</.exec(text)?.[1])).toEqual(['Soft', 'Hard', undefined]);
    } finally {
      await box.close();
    }
  });
});

describe('a deadline', () => {
  const authorize = '<cs:authorizeRequest><cs:idTag>CARD</cs:idTag></cs:authorizeRequest>';
  beforeEach(async () => {
    await service.api('PUT', '/api/charge-boxes/BOX-1/registration', { registration: 'Accepted' });
    await delegate();
  });

  it('that passes answers a start by the built-in rules and the rest with a fault, and a late answer is refused', async () => {
    const begin = Date.now();
    const [started, authorized, message] = await Promise.all([
      service.post(envelope({ body: start() })),
      service.post(envelope({ body: authorize })),
      pending(),
    ]);
    expect(Date.now() - begin).toBeGreaterThanOrEqual(990);
    expect(Date.now() - begin).toBeLessThan(5_000);
    expect(started.body).toMatch(/<transactionId>1<.*<status>Invalid</s);
    expect([authorized.status, authorized.body]).toEqual([500, expect.stringContaining('InternalError')]);
    const late = await answer(message, { idTagInfo: { status: 'Accepted' } });
    expect([late.status, late.body.detail]).toEqual([409, 'The request was expired already.']);
  });

  it('does not end the wait of a box whose answer is wrong: the answerer hears of every violation', async () => {
    await delegate({ respondWithin: { Authorize: 20 } });
    const waiting = service.post(envelope({ body: authorize }));
    const message = await pending();
    const wrong = await answer(message, { idTagInfo: { status: 'Sure', extra: 1 }, other: true });
    expect(wrong.status).toBe(400);
    expect(wrong.body.violations.map(({ path }) => path).sort()).toEqual([
      'payload.idTagInfo.extra',
      'payload.idTagInfo.status',
      'payload.other',
    ]);
    expect((await answer(message, { idTagInfo: { status: 'BLOCKED' } })).status).toBe(200);
    expect((await waiting).body).toContain('<status>Blocked</status>');
  });

  it('is not waited for by a box that hangs up, and that is recorded', async () => {
    await delegate({ respondWithin: { Authorize: 20 } });
    const body = envelope({ body: authorize });
    const gone = service.raw(
      `POST /ocpp HTTP/1.1\r\nHost: x\r\nContent-Type: application/soap+xml\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      500,
    );
    const message = await pending();
    expect(await gone).toBe('');
    const shown = async () => (await service.api<{ hungUp?: boolean }>('GET', `/api/requests/${message.msgId}`)).body;
    for (const end = Date.now() + 5_000; (await shown()).hungUp !== true && Date.now() < end;)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await shown()).toMatchObject({ hungUp: true, status: 'Pending' });
    expect((await answer(message, { idTagInfo: { status: 'Accepted' } })).status).toBe(200);
    expect(await shown()).toMatchObject({ status: 'Answered', delivered: false });
  });

  it('is explained to a box when the service is stopped', async () => {
    await delegate({ respondWithin: { Authorize: 20 } });
    const waiting: Promise<Answer> = call(
      service.soapPort,
      { method: 'POST', path: '/ocpp', headers: { 'Content-Type': 'application/soap+xml' } },
      envelope({ body: authorize }),
    );
    await pending();
    await service.stop();
    expect((await waiting).body).toContain('restarted');
  });
});

function aMoment(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}
