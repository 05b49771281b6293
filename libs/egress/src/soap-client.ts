import { Agent as HttpAgent } from 'node:http';
import type { OutgoingHttpHeaders } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP } from 'node:net';
import { actionOf, ocpp15 } from '@app/ocpp';
import { createRequestWriter } from '@app/soap';
import { targetOf } from './address-policy';
import { outcomeOf } from './answer';
import type { Exchanged, Outgoing } from './exchange';
import { exchange } from './exchange';
import type { NotSent, ReadAnswer, SentOutcome } from './outcome';
import type { EgressSettings } from './settings';
import { egressDefaults } from './settings';

/** One operation on its way to a charge box. The request has passed `validate`, the address the policy. */
export interface SoapCall {
  readonly url: string;
  /** IP address that the URL was resolved to; the connection goes there and nowhere else. */
  readonly address: string;
  readonly operation: string;
  readonly request: object;
  readonly chargeBoxIdentity: string;
  readonly messageId: string;
  /** Whether a kept connection will do. One that dies leaves open what was read, so only what can be repeated may use it. */
  readonly mayReuse: boolean;
  /** Milliseconds from now until there is an outcome. */
  readonly respondWithin: number;
}

/** What a call asks of the network, apart from which connection it takes. */
type Prepared = Pick<Outgoing, 'url' | 'address' | 'headers' | 'body'>;

interface Agents {
  readonly 'http:': HttpAgent;
  readonly 'https:': HttpsAgent;
}

const longestTimer = 2 ** 31 - 1;
const write = createRequestWriter(ocpp15.chargePoint);

/** Calls charge boxes: SOAP over HTTP, to pinned addresses. */
export class SoapClient {
  private readonly fresh: Agents;
  private readonly kept: Agents;
  private closed = false;

  constructor(
    private readonly read: ReadAnswer,
    private readonly settings: EgressSettings = egressDefaults,
  ) {
    const { certificateAuthorities: ca, keepAliveTimeout: timeout } = settings;
    const trust = ca === undefined ? {} : { ca };
    // Several boxes may be behind one address; that each is asked one thing at a time, others see to.
    const keep = { keepAlive: true, timeout };
    this.fresh = { 'http:': new HttpAgent(), 'https:': new HttpsAgent(trust) };
    this.kept = { 'http:': new HttpAgent(keep), 'https:': new HttpsAgent({ ...keep, ...trust }) };
  }

  /** Carries out one call. Never rejects: whatever goes wrong is an outcome. */
  async call(call: SoapCall): Promise<SentOutcome> {
    const prepared = prepare(call);
    if ('kind' in prepared) return prepared;
    const deadline = performance.now() + Math.min(longestTimer, call.respondWithin);
    const first = await this.attempt(prepared, deadline, call.mayReuse);
    const last = 'stale' in first ? await this.attempt(prepared, deadline, false) : first;
    if (last.kind === 'incoming') return outcomeOf(last, call.operation, this.read, this.settings.maximumAnswer);
    // What the first attempt wrote may have been read, even if the second wrote nothing.
    return 'stale' in first && last.kind === 'not-sent' ? { kind: 'no-answer', detail: first.detail } : last;
  }

  /** Ends every connection; calls under way end with what is known of them. */
  close(): void {
    this.closed = true;
    for (const agents of [this.fresh, this.kept])
      for (const agent of Object.values(agents) as HttpAgent[]) agent.destroy();
  }

  private attempt(prepared: Prepared, deadline: number, mayReuse: boolean): Promise<Exchanged> {
    if (this.closed) return Promise.resolve(notSent('connection-failed', 'The service is stopping.'));
    const { connectTimeout: connectWithin, maximumAnswer } = this.settings;
    const agents = mayReuse ? this.kept : this.fresh;
    return exchange({
      ...prepared,
      headers: { ...prepared.headers, Connection: mayReuse ? 'keep-alive' : 'close' },
      agent: agents[prepared.url.protocol as keyof Agents],
      connectWithin,
      within: Math.max(0, deadline - performance.now()),
      maximumAnswer,
    }).catch((error: unknown) => notSent('connection-failed', `The request could not be made: ${String(error)}`));
  }
}

const notSent = (reason: NotSent['reason'], detail: string): NotSent => ({ kind: 'not-sent', reason, detail });

function prepare({ url: to, address, operation, request, chargeBoxIdentity, messageId }: SoapCall): Prepared | NotSent {
  const target = targetOf(to);
  if ('allowed' in target) return notSent('address-refused', target.reason);
  // A name here would be resolved again, past the policy.
  if (isIP(address) === 0) return notSent('address-refused', 'The address to call is no IP address.');
  try {
    const body = Buffer.from(write(operation, request, { chargeBoxIdentity, messageId, to }));
    return { url: target.url, address, body, headers: headersFor(operation, body) };
  } catch (error) {
    return notSent('connection-failed', `The request could not be written: ${String(error)}`);
  }
}

function headersFor(operation: string, body: Buffer): OutgoingHttpHeaders {
  return {
    'Content-Type': `application/soap+xml; charset=utf-8; action="${actionOf(operation, 'request')}"`,
    'Content-Length': body.length,
    'Accept-Encoding': 'gzip, deflate',
  };
}
