import type { CentralSystemOperation, CentralSystemRequest, CentralSystemResponse } from '@app/ocpp';
import { ocpp15 } from '@app/ocpp';
import { deflateSync, gzipSync } from 'node:zlib';
import type { SimulatedFaults } from './faults';
import type { Exchange } from './http';
import { createPost } from './http';
import type { Chance } from './random';
import { chanceOf } from './random';
import type { Fields } from './soap-text';
import { readText, requestText, typed } from './soap-text';

export interface ChargeBoxOptions {
  readonly identity: string;
  /** Where the central system listens; of several instances each message goes to any. */
  readonly url: string | readonly string[];
  readonly seed?: number;
  readonly faults?: SimulatedFaults;
  /** URL where this box listens, sent as `wsa:From`. */
  readonly from?: string;
  /** Milliseconds that a request may take. */
  readonly timeout?: number;
  /** Milliseconds for which a request that found nobody is sent again, unchanged. */
  readonly retryFor?: number;
  readonly now?: () => number;
  readonly signal?: AbortSignal;
  /** Told of every message on the wire. */
  readonly onSent?: (message: {
    readonly operation: string;
    readonly body: Buffer;
    readonly repeated: boolean;
  }) => void;
}

/** What a request came to. */
export type Outcome<Name extends CentralSystemOperation> =
  | { readonly response: CentralSystemResponse<Name>; readonly milliseconds: number }
  | {
      readonly fault: { readonly code: string; readonly subcode: string; readonly reason: string };
      readonly status: number;
    };

/** A simulated charge box: what it sends, it sends as a box would, with the faults that it was given. */
export class SimulatedChargeBox {
  private readonly post: ReturnType<typeof createPost>;
  private readonly chance: Chance;
  private messages = 0;

  constructor(readonly options: ChargeBoxOptions) {
    this.chance = chanceOf(options.seed ?? 1);
    this.post = createPost(() => this.address(), options.timeout ?? 30_000);
  }

  /** The time as the clock of the box shows it, in the form that the box writes. */
  time(): string {
    const { now = Date.now, faults = {} } = this.options;
    const text = new Date(now() + (faults.clockSkew ?? 0) * 1_000).toISOString();
    return this.chance.happens(faults.localTime ?? 0) ? text.slice(0, -1) : text;
  }

  /** Sends one request and reads the answer, repeating itself as its faults want. Rejects when nobody answers. */
  async call<Name extends CentralSystemOperation>(
    operation: Name,
    request: CentralSystemRequest<Name>,
  ): Promise<Outcome<Name>> {
    const begin = performance.now();
    const { body, headers } = this.message(operation, request);
    const faults = this.options.faults ?? {};
    if (this.chance.happens(faults.lostAnswer ?? 0)) {
      this.tell(operation, body, false);
      await this.post(body, headers, { loseAnswer: true }).catch(() => undefined);
    }
    const twice = this.chance.happens(faults.duplicate ?? 0);
    const sent = [this.send(operation, body, headers), ...(twice ? [this.send(operation, body, headers)] : [])];
    const [exchange] = await Promise.all(sent);
    if (exchange === undefined) throw new Error('Nothing was sent.');
    return outcomeOf(operation, exchange, performance.now() - begin);
  }

  /** Posts anything. */
  raw(body: Buffer | string, headers: Readonly<Record<string, string>> = {}): Promise<Exchange> {
    return this.post(Buffer.from(body), { 'Content-Type': 'application/soap+xml; charset=utf-8', ...headers });
  }

  close(): void {
    this.post.close();
  }

  private address(): string {
    const urls = [this.options.url].flat();
    return urls[urls.length > 1 ? this.chance.whole(0, urls.length - 1) : 0] ?? '';
  }

  private message(operation: CentralSystemOperation, fields: Fields) {
    const { identity, from, faults = {} } = this.options;
    const bare = this.chance.happens(faults.missingHeaders ?? 0);
    this.messages += 1;
    const xml = requestText({
      service: ocpp15.centralSystem,
      operation,
      fields,
      identity,
      action: !bare,
      reversed: this.chance.happens(faults.reorderedFields ?? 0),
      ...(bare
        ? {}
        : { messageId: `urn:simulator:${encodeURIComponent(identity)}:${this.messages}`, to: this.address() }),
      ...(bare || from === undefined ? {} : { from }),
    });
    return this.compressed(Buffer.from(xml), faults);
  }

  private compressed(body: Buffer, faults: SimulatedFaults) {
    const type = { 'Content-Type': 'application/soap+xml; charset=utf-8' };
    if (this.chance.happens(faults.gzip ?? 0))
      return { body: gzipSync(body), headers: { ...type, 'Content-Encoding': 'gzip', 'Accept-Encoding': 'gzip' } };
    if (this.chance.happens(faults.deflate ?? 0))
      return { body: deflateSync(body), headers: { ...type, 'Content-Encoding': 'deflate' } };
    return { body, headers: type };
  }

  private tell(operation: string, body: Buffer, repeated: boolean): void {
    this.options.onSent?.({ operation, body, repeated });
  }

  /** Sends until somebody answers, for as long as the box is patient. A server error is no answer; a refusal is. */
  private async send(operation: string, body: Buffer, headers: Readonly<Record<string, string>>): Promise<Exchange> {
    const end = Date.now() + (this.options.retryFor ?? 0);
    for (let attempt = 0; ; attempt += 1) {
      this.tell(operation, body, attempt > 0);
      try {
        const exchange = await this.post(body, headers);
        if (exchange.status < 500 || Date.now() > end) return exchange;
      } catch (error) {
        if (Date.now() > end || this.options.signal?.aborted) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, Math.min(500, 20 * 2 ** attempt)));
    }
  }
}

function outcomeOf<Name extends CentralSystemOperation>(
  operation: Name,
  { status, body }: Exchange,
  milliseconds: number,
): Outcome<Name> {
  const message = readText(body);
  if (message === undefined)
    return { fault: { code: 'Receiver', subcode: 'NotSoap', reason: body.slice(0, 200) }, status };
  if (message.fault !== undefined) return { fault: message.fault, status };
  const response = typed(
    ocpp15.centralSystem.operations[operation].response,
    message.fields,
  ) as CentralSystemResponse<Name>;
  return { response, milliseconds };
}
