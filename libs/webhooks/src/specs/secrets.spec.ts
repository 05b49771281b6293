import { newSecret, SecretSeal, signatureOf } from '../secrets';

describe('a sealed secret', () => {
  const seal = new SecretSeal('a key of the service');
  const sealed = seal.close('the secret', 'webhook-1');

  it('can be opened with the key, for its webhook', () => {
    expect(seal.open(sealed, 'webhook-1')).toBe('the secret');
    expect(new SecretSeal('a key of the service').open(sealed, 'webhook-1')).toBe('the secret');
  });

  it('shows nothing, and is never the same', () => {
    expect(Buffer.from(sealed, 'base64url').toString('latin1')).not.toContain('the secret');
    expect(seal.close('the secret', 'webhook-1')).not.toBe(sealed);
  });

  it.each([
    ['with another key', () => new SecretSeal('another key').open(sealed, 'webhook-1')],
    ['for another webhook', () => seal.open(sealed, 'webhook-2')],
    [
      'when it was changed',
      () => seal.open(`${sealed.slice(0, 30)}${sealed[30] === 'A' ? 'B' : 'A'}${sealed.slice(31)}`, 'webhook-1'),
    ],
    ['when it is cut off', () => seal.open(sealed.slice(0, 20), 'webhook-1')],
    ['when it is empty', () => seal.open('', 'webhook-1')],
  ])('cannot be opened %s', (_how, open) => {
    expect(open()).toBeUndefined();
  });
});

it('a secret that is made has 256 bits, and is never the same', () => {
  expect(Buffer.from(newSecret(), 'base64url')).toHaveLength(32);
  expect(newSecret()).not.toBe(newSecret());
});

it('a signature covers time and body', () => {
  // printf '%s' '1772366400.{"a":1}' | openssl dgst -sha256 -hmac 'a secret'
  const signature = signatureOf('a secret', 1_772_366_400, '{"a":1}');
  expect(signature).toBe('11385323ec68b4f159539ff45a125a8359c98290aa87119336ca5ada0f18ef93');
  expect(signatureOf('a secret', 1_772_366_401, '{"a":1}')).not.toBe(signature);
  expect(signatureOf('a secret', 1_772_366_400, '{"a":2}')).not.toBe(signature);
});
