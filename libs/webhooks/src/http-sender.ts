import type { AddressContext, AllowList, Exchanged, Lookup, Outgoing } from '@app/egress';
import { exchange, judgeUrl, resolveAllowed, systemLookup } from '@app/egress';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Post, Send } from './delivery';
import type { Sent } from './verdict';

export interface SenderSettings {
  /** Who may be called. */
  readonly allow: AllowList;
  /** Milliseconds for one attempt, its name and its answer included. */
  readonly timeout: number;
}

/** Nothing in an answer but its status is of interest. */
const maximumAnswer = 65_536;
const keepAlive = { keepAlive: true, timeout: 15_000 };

/** The way out to receivers: addresses judged as they are resolved, no redirects, bounded in size and time. */
export class HttpSender {
  private readonly agents = { 'http:': new HttpAgent(keepAlive), 'https:': new HttpsAgent(keepAlive) };
  private readonly fresh = { 'http:': new HttpAgent(), 'https:': new HttpsAgent() };
  private readonly context: AddressContext;

  constructor(
    private readonly settings: SenderSettings,
    private readonly lookup: Lookup = systemLookup,
  ) {
    const wording = { list: 'WEBHOOK_ALLOW', otherwise: 'give the webhook another URL' };
    this.context = { allow: settings.allow, source: 'reported', wording };
  }

  /** Why a URL would be refused, as far as its text tells. */
  faultOf(url: string): string | undefined {
    const judged = judgeUrl(url, this.context);
    return judged.allowed ? undefined : judged.reason;
  }

  readonly send: Send = (post) =>
    this.attempt(post).catch((error: unknown) =>
      failed('connection-failed', `The request could not be made: ${String(error)}`),
    );

  /** Ends every connection; attempts under way fail. */
  close(): void {
    for (const agent of [...Object.values(this.agents), ...Object.values(this.fresh)]) agent.destroy();
  }

  private async attempt(post: Post): Promise<Sent> {
    const { timeout } = this.settings;
    const until = performance.now() + timeout;
    const found = await resolveAllowed(post.url, this.context, this.lookup, timeout);
    if (found.kind === 'not-sent') return failed(found.reason, found.detail);
    const outgoing = outgoingOf(post, found.address, timeout);
    const kind = outgoing.url.protocol as keyof typeof this.agents;
    const left = () => Math.max(1, until - performance.now());
    const first = await exchange({ ...outgoing, agent: this.agents[kind], within: left() });
    // A kept connection was closed at the other end: the same again, on one of its own.
    const last = 'stale' in first ? await exchange({ ...outgoing, agent: this.fresh[kind], within: left() }) : first;
    return sentOf(last);
  }
}

function outgoingOf(
  { url, headers, body }: Post,
  address: string,
  timeout: number,
): Omit<Outgoing, 'agent' | 'within'> {
  const bytes = Buffer.from(body);
  return {
    url: new URL(url),
    address,
    headers: { ...headers, 'Content-Length': bytes.length },
    body: bytes,
    connectWithin: timeout,
    maximumAnswer,
  };
}

function sentOf(exchanged: Exchanged): Sent {
  switch (exchanged.kind) {
    case 'incoming':
      return { kind: 'answered', status: exchanged.status, retryAfter: exchanged.headers['retry-after'] };
    case 'failed':
      // Larger than anybody wants to read, but it said what it is.
      return exchanged.status === undefined
        ? failed(exchanged.reason, exchanged.detail)
        : { kind: 'answered', status: exchanged.status };
    case 'not-sent':
      return failed(exchanged.reason, exchanged.detail);
    case 'no-answer':
      return failed('no-answer', exchanged.detail);
  }
}

const failed = (reason: string, detail: string): Sent => ({ kind: 'failed', reason, detail });
