import type { Quirk, QuirkName } from '@app/ocpp';
import { detached } from './text';

const longestText = 200;
const most = 50;

/** What was noticed while a message was read: deviations to live with, and violations that make it unreadable. */
export class Notes {
  readonly quirks: Quirk[] = [];
  readonly violations: string[] = [];

  /** `keepReadable`: an entry of a list that cannot be read is left out and noted, in place of a violation. */
  constructor(readonly options: { readonly keepReadable?: true } = {}) {}

  quirk(name: QuirkName, path?: string, text?: string): void {
    // A name that is new is always taken, or what is forbidden could hide behind what is harmless.
    if (this.quirks.length >= most && this.quirks.some((quirk) => quirk.name === name)) return;
    this.quirks.push({
      name,
      ...(path === undefined ? {} : { path: detached(path.slice(0, longestText)) }),
      ...(text === undefined ? {} : { text: detached(text.slice(0, longestText)) }),
    });
  }

  violation(path: string, sentence: string): void {
    if (this.violations.length < most) this.violations.push(`${path} ${sentence}`);
  }
}
