import type { TrustedProxies } from './trusted-proxies';
import { trustedProxies } from './trusted-proxies';

const from = (text: string, remoteAddress: string, forwarded?: string) => {
  const proxies = trustedProxies(text) as TrustedProxies;
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  return proxies.clientOf({ headers, socket: { remoteAddress } as never });
};

describe('where a request comes from', () => {
  it.each([
    ['', '10.0.0.9', '1.2.3.4', '10.0.0.9'],
    ['10.0.0.9', '10.0.0.9', undefined, '10.0.0.9'],
    ['10.0.0.9', '10.0.0.9', '1.2.3.4', '1.2.3.4'],
    ['10.0.0.0/24', '::ffff:10.0.0.9', '6.6.6.6, 1.2.3.4', '1.2.3.4'],
    ['10.0.0.0/24', '10.0.0.9', '1.2.3.4, 10.0.0.8', '1.2.3.4'],
    ['10.0.0.0/24', '10.0.0.9', '<script>, 10.0.0.8', '10.0.0.8'],
    ['10.0.0.0/24', '10.0.0.9', 'unknown', '10.0.0.9'],
    ['fd00::/8', 'fd00::1', '2001:db8::5', '2001:db8::5'],
    ['10.0.0.0/24', '192.0.2.1', '1.2.3.4', '192.0.2.1'],
  ])('with %j trusted, by %s, said to be %j, is %s', (trusted, peer, forwarded, client) =>
    expect(from(trusted, peer, forwarded)).toBe(client),
  );

  it('is not told by what is no network, all of it named', () => {
    expect(trustedProxies('10.0.0.0/33, proxy.example, 10.0.0.1')).toEqual({
      violations: [
        'holds "10.0.0.0/33", which is neither an address nor a network',
        'holds "proxy.example", which is neither an address nor a network',
      ],
    });
  });
});
