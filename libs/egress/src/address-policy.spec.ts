import type { AddressContext, AllowList } from './index';
import { judgeAddress, judgeUrl, parseAllowList } from './index';

// Protects what is never called. Cannot see: what a name resolves to, which resolve.spec.ts does.

const listed = (text: string): AllowList => parseAllowList(text) as AllowList;
const widest = listed('peer public private 0.0.0.0/0 [::]/0');
const generous: AddressContext = { allow: widest, source: 'reported', peer: '10.1.2.3' };
const reasonOf = (url: string, context: AddressContext) => {
  const judgement = judgeUrl(url, context);
  return judgement.allowed ? 'allowed' : judgement.reason;
};

const never: readonly (readonly [url: string, reason: RegExp])[] = [
  // Cloud metadata, in all spellings.
  ['http://169.254.169.254/latest/meta-data', /metadata/],
  ['http://2852039166/', /169\.254\.169\.254 is a cloud metadata/],
  ['http://0xa9fea9fe/', /metadata/],
  ['http://0251.0376.0251.0376/', /metadata/],
  ['http://169.254.43518/', /metadata/],
  ['http://169.254.169.254./', /metadata/],
  ['http://[::ffff:169.254.169.254]/', /which is 169\.254\.169\.254, is a cloud metadata/],
  ['http://[64:ff9b::a9fe:a9fe]/', /metadata/],
  ['http://[2002:a9fe:a9fe::1]/', /metadata/],
  ['http://[::a9fe:a9fe]/', /metadata/],
  ['http://[::ffff:0:a9fe:a9fe]/', /metadata/],
  ['http://[fd00:ec2::254]/', /metadata/],
  ['http://[fd20:ce::254]/', /metadata/],
  ['http://100.100.100.200/', /metadata/],
  ['http://192.0.0.192/', /metadata/],
  ['http://168.63.129.16/', /metadata/],
  // Link-local.
  ['http://169.254.1.1/', /link-local/],
  ['http://[fe80::1]/', /link-local/],
  ['http://[febf::1]/', /link-local/],
  ['http://[::ffff:169.254.1.1]/', /link-local/],
  // Loopback, which no word and no wider network names.
  ['http://127.0.0.1/', /loopback/],
  ['http://127.255.255.254/', /loopback/],
  ['http://127.1/', /loopback/],
  ['http://127.0.1/', /loopback/],
  ['http://2130706433/', /127\.0\.0\.1 is a loopback/],
  ['http://0177.0.0.1/', /loopback/],
  ['http://0x7f000001/', /loopback/],
  ['http://0x7f.1/', /loopback/],
  ['http://017700000001/', /loopback/],
  ['http://127.0.0.1./', /loopback/],
  ['http://１２７.０.０.１/', /loopback/],
  ['http://127。0。0。1/', /loopback/],
  ['http://①②⑦.⓪.⓪.①/', /loopback/],
  ['http://%31%32%37.0.0.1/', /loopback/],
  ['http://127%2e0%2E0%2e1/', /loopback/],
  ['http://[::1]/', /loopback/],
  ['http://[0:0:0:0:0:0:0:1]/', /loopback/],
  ['http://[::ffff:127.0.0.1]/', /loopback/],
  ['http://[::ffff:7f00:1]/', /loopback/],
  ['http://[::127.0.0.1]/', /loopback/],
  ['http://[64:ff9b::127.0.0.1]/', /loopback/],
  ['http://[2002:7f00:1::]/', /loopback/],
  // Unspecified.
  ['http://0.0.0.0/', /unspecified/],
  ['http://0/', /unspecified/],
  ['http://0.1.2.3/', /unspecified/],
  ['http://[::]/', /unspecified/],
  ['http://[::ffff:0.0.0.0]/', /unspecified/],
  // Multicast, broadcast, reserved.
  ['http://224.0.0.1/', /multicast/],
  ['http://239.255.255.255/', /multicast/],
  ['http://[ff02::1]/', /multicast/],
  ['http://255.255.255.255/', /broadcast/],
  ['http://4294967295/', /broadcast/],
  ['http://240.0.0.1/', /reserved/],
  ['http://254.1.2.3/', /reserved/],
  ['http://192.0.0.8/', /reserved/],
  ['http://192.88.99.1/', /reserved/],
  ['http://[4000::1]/', /reserved/],
  ['http://[100::1]/', /reserved/],
  ['http://[64:ff9b:1::1]/', /reserved/],
  ['http://[fec0::1]/', /reserved/],
  ['http://[2001:20::1]/', /reserved/],
  // Documentation and benchmarking.
  ['http://192.0.2.1/', /documentation/],
  ['http://198.51.100.1/', /documentation/],
  ['http://203.0.113.1/', /documentation/],
  ['http://[2001:db8::1]/', /documentation/],
  ['http://[3fff::1]/', /documentation/],
  ['http://198.18.0.1/', /benchmarking/],
  ['http://198.19.255.255/', /benchmarking/],
  ['http://[2001:2::1]/', /benchmarking/],
  // Teredo, whatever is inside.
  ['http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/', /Teredo/],
  ['http://[2001::1]/', /Teredo/],
];

const malformed: readonly (readonly [url: string, reason: RegExp])[] = [
  ['', /no http or https/],
  ['ftp://10.1.2.3/', /no http or https/],
  ['file:///etc/passwd', /no http or https/],
  ['gopher://10.1.2.3/', /no http or https/],
  ['javascript:alert(1)', /no http or https/],
  ['//10.1.2.3/', /no http or https/],
  ['10.1.2.3:80', /no http or https/],
  ['http:10.1.2.3', /no host/],
  ['http:///10.1.2.3/', /no host/],
  ['http://', /no host/],
  ['http://?q', /no host/],
  ['http://user@10.1.2.3/', /user or a password/],
  ['http://user:secret@10.1.2.3/', /user or a password/],
  ['http://@10.1.2.3/', /user or a password/],
  ['http://:@10.1.2.3/', /user or a password/],
  ['http://10.1.2.3/#fragment', /fragment/],
  ['http://10.1.2.3/#', /fragment/],
  ['http://10.1.2.3#@169.254.169.254/', /fragment/],
  ['http://10.1.2.3\\@169.254.169.254/', /backslash/],
  ['http:\\\\10.1.2.3\\', /backslash/],
  ['http://10.1.\n2.3/', /white space/],
  ['http://10.1.2.3/\r\nHost: other', /white space/],
  ['ht\ttp://10.1.2.3/', /white space/],
  [' http://10.1.2.3/', /white space/],
  ['http://10.1.2.3/\u0000', /white space/],
  ['http://10.1.2.3:0/', /port 0/],
  ['http://10.1.2.3:65536/', /port cannot be read/],
  ['http://10.1.2.3:http/', /port cannot be read/],
  ['http://256.1.1.1/', /host/],
  ['http://1.2.3.4.5/', /host/],
  ['http://[fe80::1%25eth0]/', /host/],
  ['http://[::1/', /host/],
  ['http://box..example/', /neither a name nor/],
  ['http://exam$ple/', /neither a name nor/],
  ['http://*/', /neither a name nor/],
  [`http://${'a'.repeat(64)}.example/`, /neither a name nor/],
  [`http://10.1.2.3/${'a'.repeat(2000)}`, /longer/],
];

describe('an address that is never called', () => {
  it.each(never)('is %s, whatever the list says', (url, reason) => {
    expect(reasonOf(url, generous)).toMatch(reason);
  });

  it.each(never)('is %s, even if an operator sets it', (url, reason) => {
    expect(reasonOf(url, { allow: widest, source: 'override' })).toMatch(reason);
  });

  it.each(['169.254.169.254', '224.0.0.1', '0.0.0.0', '240.0.0.1', '203.0.113.7'])(
    'is %s, even if it is listed by itself and calls us',
    (address) => {
      expect(
        judgeAddress(address, 80, { allow: listed(`peer ${address}`), source: 'reported', peer: address }),
      ).toEqual({
        allowed: false,
        reason: expect.stringContaining('never called') as string,
      });
    },
  );

  it.each([
    ['fe80::1%eth0', /link-local/],
    ['::ffff:127.0.0.1', /loopback/],
    ['::FFFF:7F00:1', /loopback/],
    ['0x7f000001', /no IP address/],
    ['0177.0.0.1', /no IP address/],
    ['127.1', /no IP address/],
    ['localhost', /no IP address/],
    ['[::1]', /no IP address/],
    ['', /no IP address/],
  ])('is %s when a name resolves to it', (address, reason) => {
    expect(judgeAddress(address, 80, generous)).toEqual({
      allowed: false,
      reason: expect.stringMatching(reason) as string,
    });
  });
});

describe('a URL that can be read in two ways', () => {
  it.each(malformed)('is refused: %j', (url, reason) => {
    expect(reasonOf(url, generous)).toMatch(reason);
    expect(reasonOf(url, { ...generous, source: 'override' })).toMatch(reason);
  });

  it('is not repeated at length, nor with its control characters', () => {
    expect(reasonOf(`http://a\n${'b'.repeat(3000)}`, generous)).toMatch(/^"http:\/\/a\?b{1,120}\.\.\." is longer/);
  });
});

describe('loopback', () => {
  it.each([
    ['127.0.0.0/8', 'http://127.0.0.1:8080/'],
    ['127.0.0.1', 'http://127.0.0.1/'],
    ['127.0.0.1:8080', 'http://127.0.0.1:8080/'],
    ['127.0.0.0/8', 'http://[::ffff:127.0.0.1]/'],
    ['[::1]', 'http://[::1]/'],
  ])('is called when %s names it', (allow, url) => {
    expect(reasonOf(url, { allow: listed(allow), source: 'reported' })).toBe('allowed');
    expect(reasonOf(url, { allow: listed(allow), source: 'override' })).toBe('allowed');
  });

  it('is not called because a box calls from it', () => {
    expect(
      reasonOf('http://127.0.0.1/', { allow: listed('peer private public'), source: 'reported', peer: '127.0.0.1' }),
    ).toBe('127.0.0.1 is a loopback address; add 127.0.0.0/8 to OUTBOUND_ALLOW if the box runs on this very machine.');
  });

  it('is called at the ports that are listed with it alone', () => {
    expect(reasonOf('http://127.0.0.1:22/', { allow: listed('127.0.0.0/8:8080'), source: 'override' })).toMatch(
      /loopback/,
    );
  });
});

describe('an address that is allowed', () => {
  it.each([
    ['peer', 'http://10.1.2.3/'],
    ['peer', 'http://10.1.2.3:8080/cp?x=1'],
    ['peer', 'http://[::ffff:10.1.2.3]/'],
    ['peer', 'http://0xa010203/'],
    ['private', 'http://10.1.2.4/'],
    ['private', 'https://172.16.0.1/'],
    ['private', 'http://172.31.255.255/'],
    ['private', 'http://192.168.1.1/'],
    ['private', 'http://100.64.0.1/'],
    ['private', 'http://[fd12::1]/'],
    ['private', 'http://[fc00::1]/'],
    ['public', 'http://8.8.8.8/'],
    ['public', 'http://172.32.0.1/'],
    ['public', 'http://100.128.0.1/'],
    ['public', 'HTTPS://[2600::1]:8443/'],
    ['public', 'http://[2002:808:808::1]/'],
    ['192.168.0.0/16', 'http://192.168.7.7/'],
    ['0.0.0.0/0', 'http://10.1.2.9/'],
    ['', 'http://box-17/'],
    ['', 'http://box_17.example.com./ocpp'],
    ['', 'http://bücher.example:8080/'],
    ['', 'http://localhost/'],
  ])('by %j is %s', (allow, url) => {
    expect(reasonOf(url, { allow: listed(allow), source: 'reported', peer: '10.1.2.3' })).toBe('allowed');
  });

  it.each(['http://10.1.2.3/', 'http://8.8.8.8:9999/', 'http://[fd12::1]/', 'http://[2600::1]/'])(
    'by an operator is %s, with an empty list',
    (url) => {
      expect(reasonOf(url, { allow: listed(''), source: 'override' })).toBe('allowed');
    },
  );

  it('is that of the peer in either family', () => {
    expect(reasonOf('http://10.1.2.3/', { allow: listed('peer'), source: 'reported', peer: '::ffff:10.1.2.3' })).toBe(
      'allowed',
    );
    expect(reasonOf('http://[fd12::1]/', { allow: listed('peer'), source: 'reported', peer: 'fd12:0:0::1' })).toBe(
      'allowed',
    );
  });
});

describe('an address that is not listed', () => {
  it.each([
    [
      'peer',
      'http://10.1.2.4/',
      '10.1.2.4 is not in OUTBOUND_ALLOW; add 10.1.2.0/24 there, or set the address of the box by hand.',
    ],
    ['public', 'http://10.1.2.3/', /not in OUTBOUND_ALLOW/],
    ['public', 'http://[fd12::1]/', /add \[fd12::\]\/64 there/],
    ['private', 'http://8.8.8.8/', /add 8\.8\.8\.0\/24/],
    ['private', 'http://[2600::1]/', /add \[2600::\]\/64/],
    ['', 'http://10.1.2.3/', /not in OUTBOUND_ALLOW/],
    ['peer:80', 'http://10.1.2.3:8080/', /not with port 8080; add 10\.1\.2\.3:8080 there/],
    ['peer:80', 'https://10.1.2.3/', /not with port 443/],
    ['[fd12::]/16:80', 'http://[fd12::1]:81/', /add \[fd12::1\]:81 there/],
  ])('by %j is %s', (allow, url, reason) => {
    expect(reasonOf(url, { allow: listed(allow), source: 'reported', peer: '10.1.2.3' })).toEqual(
      typeof reason === 'string' ? reason : expect.stringMatching(reason),
    );
  });

  it('is any when the peer is not known', () => {
    expect(reasonOf('http://10.1.2.3/', { allow: listed('peer'), source: 'reported' })).toMatch(
      /not in OUTBOUND_ALLOW/,
    );
  });
});
