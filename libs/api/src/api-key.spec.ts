import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadOrCreateApiKey } from './api-key';

let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'api-key-'));
});
afterEach(() => rmSync(dataDir, { recursive: true }));

describe('The key of the API', () => {
  it('is made at the first start and told once', () => {
    const first = loadOrCreateApiKey({ dataDir: join(dataDir, 'new', 'folder') });
    expect(first.created).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(first.verify(first.created ?? '')).toBe(true);
    const second = loadOrCreateApiKey({ dataDir: join(dataDir, 'new', 'folder') });
    expect(second.created).toBeUndefined();
    expect(second.verify(first.created ?? '')).toBe(true);
    expect(second.verify(`${first.created}x`)).toBe(false);
    expect(second.verify('')).toBe(false);
  });

  it('is another one elsewhere', () => {
    const other = loadOrCreateApiKey({ dataDir: join(dataDir, 'other') });
    expect(loadOrCreateApiKey({ dataDir }).verify(other.created ?? '')).toBe(false);
  });

  it('is stored as a salted hash that only the service can read', () => {
    const { created = '' } = loadOrCreateApiKey({ dataDir });
    const path = join(dataDir, 'api-key.json');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).not.toContain(created);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ algorithm: 'hmac-sha256' });
    expect(readdirSync(dataDir)).toEqual(['api-key.json']);
  });

  it('comes from the environment first, and leaves the stored one alone', () => {
    const { created = '' } = loadOrCreateApiKey({ dataDir });
    const given = loadOrCreateApiKey({ dataDir, fromEnvironment: ' a-key-from-the-environment\n' });
    expect(given).not.toHaveProperty('created');
    expect(given.verify('a-key-from-the-environment')).toBe(true);
    expect(given.verify(created)).toBe(false);
    expect(given.weak).toBeUndefined();
    expect(loadOrCreateApiKey({ dataDir, fromEnvironment: '' }).verify(created)).toBe(true);
  });

  it('from the environment leaves no file', () => {
    loadOrCreateApiKey({ dataDir, fromEnvironment: 'short' });
    expect(readdirSync(dataDir)).toEqual([]);
  });

  it('is weak when it is short', () => {
    expect(loadOrCreateApiKey({ dataDir, fromEnvironment: 'short' }).weak).toBe(true);
  });

  it.each(['two words', 'schlüssel'])('cannot be "%s", which no header carries', (fromEnvironment) => {
    expect(() => loadOrCreateApiKey({ dataDir, fromEnvironment })).toThrow(/API_KEY/);
  });

  it.each([
    '',
    '{',
    '{}',
    '{"algorithm":"hmac-sha256","salt":"","hash":""}',
    '{"algorithm":"none","salt":"AA","hash":"AA"}',
  ])('is not made anew over a damaged file: %s', (text) => {
    writeFileSync(join(dataDir, 'api-key.json'), text);
    expect(() => loadOrCreateApiKey({ dataDir })).toThrow(/api-key\.json in DATA_DIR is damaged/);
    expect(readFileSync(join(dataDir, 'api-key.json'), 'utf8')).toBe(text);
  });
});
