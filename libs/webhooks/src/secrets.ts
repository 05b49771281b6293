import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

const algorithm = 'aes-256-gcm';
const ivLength = 12;
const tagLength = 16;

/** Seals the secrets of webhooks, so that who reads or copies the history has none of them. */
export class SecretSeal {
  private readonly key: Buffer;

  constructor(key: string) {
    this.key = Buffer.from(hkdfSync('sha256', key, '', 'ocpp-central-system webhook secrets', 32));
  }

  /** `of`: the webhook that the secret belongs to; it is good for no other. */
  close(secret: string, of: string): string {
    const iv = randomBytes(ivLength);
    const cipher = createCipheriv(algorithm, this.key, iv).setAAD(Buffer.from(of));
    const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url');
  }

  /** `undefined` for what was sealed with another key. */
  open(sealed: string, of: string): string | undefined {
    const bytes = Buffer.from(sealed, 'base64url');
    const [iv, tag] = [bytes.subarray(0, ivLength), bytes.subarray(ivLength, ivLength + tagLength)];
    try {
      const decipher = createDecipheriv(algorithm, this.key, iv, { authTagLength: tagLength });
      decipher.setAAD(Buffer.from(of)).setAuthTag(tag);
      return Buffer.concat([decipher.update(bytes.subarray(ivLength + tagLength)), decipher.final()]).toString();
    } catch {
      return undefined;
    }
  }
}

export const newSecret = (): string => randomBytes(32).toString('base64url');

/** What a receiver computes anew to know that a delivery is ours. `timestamp`: seconds since 1970. */
export const signatureOf = (secret: string, timestamp: number, body: string): string =>
  createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
