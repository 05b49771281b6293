import type { Quirk, QuirkName } from '@app/ocpp';
import { detached } from './text';

const longestText = 200;

/** What was noticed while a message was read: deviations to live with, and violations that make it unreadable. */
export class Notes {
  readonly quirks: Quirk[] = [];
  readonly violations: string[] = [];

  quirk(name: QuirkName, path?: string, text?: string): void {
    if (this.quirks.length >= 50) return;
    this.quirks.push({
      name,
      ...(path === undefined ? {} : { path: detached(path) }),
      ...(text === undefined ? {} : { text: detached(text.slice(0, longestText)) }),
    });
  }

  violation(path: string, sentence: string): void {
    if (this.violations.length < 50) this.violations.push(`${path}: ${sentence}`);
  }
}
