import type { DeadLetter, WebhookOutcome, WebhookRow } from '@app/webhooks';
import type { WebhookSource } from '../options';

type Done = Extract<Awaited<ReturnType<WebhookSource['create']>>, { outcome: 'done' }>;
type Outcome = WebhookOutcome<Done>;

export const row: WebhookRow = {
  id: 'hook-1',
  url: 'https://example.com/hook',
  filter: {},
  idTags: 'masked',
  active: true,
  createdAt: '2026-03-01T12:00:00.000Z',
  changedAt: '2026-03-01T12:00:00.000Z',
  position: '0007',
  behind: [],
};

/** One webhook, and what was asked of it. */
export class FakeWebhooks implements WebhookSource {
  asked: (readonly unknown[])[] = [];
  letters: DeadLetter[] = [];
  /** What the next changes come to. */
  outcome: Outcome = { outcome: 'done', position: '0008', webhook: row };

  async list() {
    return [row];
  }

  async find(id: string) {
    return id === row.id ? row : undefined;
  }

  async deadLetters(id: string) {
    return id === row.id ? this.letters : undefined;
  }

  create(...asked: Parameters<WebhookSource['create']>) {
    return this.told('create', asked);
  }

  change(...asked: Parameters<WebhookSource['change']>) {
    return this.told('change', asked);
  }

  remove(...asked: Parameters<WebhookSource['remove']>) {
    return this.told('remove', asked);
  }

  replay(...asked: Parameters<WebhookSource['replay']>) {
    return this.told('replay', asked);
  }

  retry(...asked: Parameters<WebhookSource['retry']>) {
    return this.told('retry', asked);
  }

  private async told(what: string, asked: readonly unknown[]): Promise<Outcome> {
    this.asked.push([what, ...asked.slice(0, -1)]);
    return this.outcome;
  }
}
