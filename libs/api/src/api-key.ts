import { codedError } from '@app/kernel';
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { KeyVerifier } from './options';

/** The key of the API. */
export interface ApiKey extends KeyVerifier {
  /** The key itself when it was made just now: to be shown once, it is stored nowhere. */
  readonly created?: string;
  /** The key is short enough to be guessed. */
  readonly weak?: true;
}

export interface ApiKeySource {
  readonly dataDir: string;
  /** Value of `API_KEY`; stands above the stored key, which it leaves alone. */
  readonly fromEnvironment?: string;
}

const stored = z.strictObject({
  algorithm: z.literal('hmac-sha256'),
  salt: z.base64url().min(1),
  hash: z.base64url().length(43),
});

const strongLength = 16;
const fileName = 'api-key.json';

/** The key from the environment, else the one whose hash is in DATA_DIR, else a new one. */
export function loadOrCreateApiKey({ dataDir, fromEnvironment }: ApiKeySource): ApiKey {
  const given = fromEnvironment?.trim() ?? '';
  if (given !== '') return keyFromEnvironment(given);
  const path = join(dataDir, fileName);
  return load(path) ?? create(dataDir, path);
}

function keyFromEnvironment(key: string): ApiKey {
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw codedError('configuration-invalid', 'API_KEY: only visible ASCII characters can be sent in a header');
  }
  const salt = randomBytes(16);
  return { ...verifier(salt, hashOf(salt, key)), ...(key.length < strongLength && { weak: true as const }) };
}

// A key that is made here has 256 random bits, so a fast hash cannot be searched. One from the environment, which may be
// weak, is never stored.
function hashOf(salt: Buffer, key: string): Buffer {
  return createHmac('sha256', salt).update(key, 'utf8').digest();
}

function verifier(salt: Buffer, hash: Buffer): KeyVerifier {
  return { verify: (key) => timingSafeEqual(hashOf(salt, key), hash) };
}

function load(path: string): ApiKey | undefined {
  const text = readIfPresent(path);
  if (text === undefined) return undefined;
  const { success, data } = stored.safeParse(parse(text));
  if (!success) {
    throw codedError('configuration-invalid', `${fileName} in DATA_DIR is damaged; delete it and a new key is made`);
  }
  return verifier(Buffer.from(data.salt, 'base64url'), Buffer.from(data.hash, 'base64url'));
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw codedError('configuration-invalid', `${fileName} in DATA_DIR cannot be read`, error);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function create(dataDir: string, path: string): ApiKey {
  const key = randomBytes(32).toString('base64url');
  const salt = randomBytes(16);
  const hash = hashOf(salt, key);
  const text = JSON.stringify({
    algorithm: 'hmac-sha256',
    salt: salt.toString('base64url'),
    hash: hash.toString('base64url'),
  });
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  if (writeNew(path, `${text}\n`)) return { ...verifier(salt, hash), created: key };
  const other = load(path);
  if (other === undefined) throw codedError('configuration-invalid', `${fileName} in DATA_DIR cannot be made`);
  return other;
}

// Written aside and linked: whoever comes second finds the whole file of the first, never a part of it.
function writeNew(path: string, text: string): boolean {
  const aside = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    writeDurably(aside, text);
    linkSync(aside, path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw codedError('configuration-invalid', `${fileName} in DATA_DIR cannot be written`, error);
  } finally {
    rmSync(aside, { force: true });
  }
}

function writeDurably(path: string, text: string): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function errnoOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
