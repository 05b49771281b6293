import type { ReplaceTexts } from '@app/soap';
import { createTextReplacer } from '@app/soap';
import { createHmac } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import type { CaptureSettings, KeptText } from './captured';
import { isIdTagField } from './id-tag-fields';
import { pseudonymOf } from './pseudonym';

/** Bytes of one text that is kept whole. */
export const longestText = 1024 * 1024;

/** Makes of a message what may be kept of it. `key` is asked for when it is needed. */
export class TextKeeper {
  private readonly replaceTexts: ReplaceTexts = createTextReplacer();

  constructor(
    private readonly idTags: CaptureSettings['idTags'],
    private readonly key: () => Buffer,
  ) {}

  request(body: Buffer, contentType: string | undefined): KeptText {
    if (body.length > longestText) return this.withheld(body, `The message has more than ${longestText} bytes.`);
    if (this.idTags === 'clear') return inClear(body);
    const masked = this.masked(body, contentType);
    return 'text' in masked ? masked : this.withheld(body, masked.unreadable);
  }

  /** An answer quotes what it could not read, so it is kept no better than its request. */
  response(answer: string, request: KeptText): KeptText {
    const bytes = Buffer.from(answer);
    if (bytes.length > longestText) return this.withheld(bytes, `The message has more than ${longestText} bytes.`);
    if (this.idTags === 'clear') return { text: answer };
    if ('withheld' in request) return this.withheld(bytes, 'The request is not kept.');
    const masked = this.masked(answer, undefined);
    return 'text' in masked ? masked : this.withheld(bytes, masked.unreadable);
  }

  private masked(source: string | Buffer, contentType: string | undefined) {
    return this.replaceTexts(source, contentType, {
      isMeant: isIdTagField,
      replace: (idTag) => pseudonymOf(idTag, this.key()),
    });
  }

  // Without a key, whoever knows the rest of a message finds its idTag by trying all of them.
  private withheld(bytes: Buffer, reason: string): KeptText {
    const digest = createHmac('sha256', this.key()).update(bytes).digest('hex');
    return { withheld: { bytes: bytes.length, digest, reason } };
  }
}

function inClear(body: Buffer): KeptText {
  return isUtf8(body) ? { text: body.toString() } : { base64: body.toString('base64') };
}
