import type { CapturedExchange, CaptureFilter } from '@app/capture';
import type { CaptureSource } from '../options';

/** Captured messages, newest first, and what was asked of them. */
export class FakeCaptures implements CaptureSource {
  exchanges: CapturedExchange[] = [];
  asked: CaptureFilter[] = [];

  async list(filter: CaptureFilter, { limit, before = Infinity }: { limit: number; before?: number }) {
    this.asked.push(filter);
    return this.exchanges
      .filter(({ id }) => id < before)
      .slice(0, limit)
      .map(({ headers: _headers, request: _request, response: _response, ...row }) => row);
  }

  async find(id: number) {
    return this.exchanges.find((exchange) => exchange.id === id);
  }

  async forgetIdTag(idTag: string) {
    const before = this.exchanges.length;
    this.exchanges = this.exchanges.filter(({ request }) => !('text' in request && request.text.includes(idTag)));
    return before - this.exchanges.length;
  }

  async forget(identity: string) {
    const before = this.exchanges.length;
    this.exchanges = this.exchanges.filter((exchange) => exchange.identity !== identity);
    return before - this.exchanges.length;
  }
}
