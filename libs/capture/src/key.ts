import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';

/** The key of the pseudonyms of one file of captures, beside it and no older than what is in it. */
export class PseudonymKey {
  private readonly file: string;
  private kept: Buffer | undefined;

  constructor(captures: string) {
    this.file = `${captures}.key`;
    this.kept = readKey(this.file);
  }

  /** Says which key it is, and nothing of what it is; `undefined` when there is none. */
  get mark(): string | undefined {
    return this.kept && createHash('sha256').update('mark').update(this.kept).digest('base64url').slice(0, 16);
  }

  /** The key; made if there is none. */
  get(): Buffer {
    if (this.kept !== undefined) return this.kept;
    const key = randomBytes(32);
    writeFileSync(this.file, `${key.toString('hex')}\n`, { mode: 0o600 });
    this.kept = key;
    return key;
  }

  remove(): void {
    this.kept = undefined;
    rmSync(this.file, { force: true });
  }
}

function readKey(file: string): Buffer | undefined {
  try {
    const text = readFileSync(file, 'utf8').trim();
    return /^[0-9a-f]{64}$/.test(text) ? Buffer.from(text, 'hex') : undefined;
  } catch {
    return undefined;
  }
}
