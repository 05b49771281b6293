import { judgeAddress, parseAllowList } from './index';
import type { AllowList } from './index';

const listed = (text: string): AllowList => {
  const parsed = parseAllowList(text);
  if ('violations' in parsed) throw new Error(parsed.violations.join('\n'));
  return parsed;
};
const allows = (text: string, address: string, port: number, peer?: string) =>
  judgeAddress(address, port, { allow: listed(text), source: 'reported', ...(peer === undefined ? {} : { peer }) })
    .allowed;

describe('OUTBOUND_ALLOW', () => {
  it('is a list with white space between, and empty lists nobody', () => {
    expect(listed('  peer\tpublic:80\n private:443,8000-8999 ').entries).toHaveLength(3);
    expect(listed(' \n').entries).toEqual([]);
    expect(allows('', '10.1.2.3', 80)).toBe(false);
  });

  it('takes every port where none is named', () => {
    expect(listed('peer').entries).toEqual([{ whom: 'peer', ports: [{ from: 1, to: 65535 }] }]);
  });

  it.each([
    ['a single port', 'private:80', [80], [79, 81, 443]],
    ['several ports', 'private:80,443', [80, 443], [81, 8080]],
    ['ranges of ports', 'private:80,8000-8999', [80, 8000, 8999], [7999, 9000]],
    ['the outermost ports', 'private:1,65535', [1, 65535], [2]],
  ])('takes %s', (_, text, inside, outside) => {
    for (const port of inside) expect([port, allows(text, '10.1.2.3', port)]).toEqual([port, true]);
    for (const port of outside) expect([port, allows(text, '10.1.2.3', port)]).toEqual([port, false]);
  });

  it.each([
    ['10.0.0.0/8', '10.255.255.255', '11.0.0.0'],
    ['10.1.2.3', '10.1.2.3', '10.1.2.4'],
    ['10.1.2.3:8080', '10.1.2.3', '10.1.2.4'],
    ['0.0.0.0/0', '8.8.8.8', '2600::1'],
    ['[fd00::]/8', 'fdff::1', 'fc00::1'],
    ['[fd00::]/8:8080', 'fd12::1', 'fe00::1'],
    ['[fd00::1]', 'fd00::1', 'fd00::2'],
    ['[fd00::1]:8080', 'fd00::1', 'fd00::2'],
    ['[::]/0', '2600::1', '8.8.8.8'],
  ])('takes the network %s', (text, inside, outside) => {
    expect(allows(text, inside, 8080)).toBe(true);
    expect(allows(text, outside, 8080)).toBe(false);
  });

  it('may name a network several times, with ports of its own each', () => {
    expect(allows('10.0.0.0/8:80 10.0.0.0/8:443', '10.1.2.3', 443)).toBe(true);
  });

  it.each([
    ['everyone', /neither a word/],
    ['example.com', /neither a word/],
    ['peer,private', /comma/],
    ['peer:', /ports/],
    ['peer:0', /ports/],
    ['peer:65536', /ports/],
    ['peer:90-80', /ports/],
    ['peer:80,', /ports/],
    ['peer:80-', /ports/],
    ['peer:http', /ports/],
    ['10.0.0.0/33', /from 0 to 32/],
    ['10.0.0.0/', /prefix length/],
    ['10.0.0.0/x', /prefix length/],
    ['10.0.0.0/8/8', /more than one/],
    ['10.1.2.3/8', /begins, which is 10\.0\.0\.0\/8/],
    ['10.0.0', /neither/],
    ['010.0.0.1', /neither/],
    ['0x0a000001', /neither/],
    ['fd00::/8', /brackets/],
    ['fd00::1', /brackets/],
    ['[fd00::/8]', /neither/],
    ['[fd00::]/129', /from 0 to 128/],
    ['[fd00::1]/8', /begins, which is \[fd00::\]\/8/],
    ['[10.0.0.1]', /neither/],
    ['[fd00::1%eth0]', /neither/],
    ['[::ffff:10.0.0.0]/104', /IPv4 inside IPv6.*10\.0\.0\.0/],
    ['[64:ff9b::]/96', /IPv4 inside IPv6/],
    ['[2002:a00::]/24', /IPv4 inside IPv6.*10\.0\.0\.0/],
    [':80', /neither/],
    ['[fd00::1', /neither|read/],
  ])('cannot be %s', (text, violation) => {
    expect(parseAllowList(text)).toEqual({ violations: [expect.stringMatching(violation)] });
    expect(parseAllowList(text)).toEqual({ violations: [expect.stringContaining(`"${text}"`)] });
    expect(parseAllowList(text)).toEqual({
      violations: [expect.stringContaining('Allowed are peer, public, private')],
    });
  });

  it('tells every wrong entry', () => {
    expect(parseAllowList('peer nobody private:0 10.0.0.0/8')).toEqual({
      violations: [expect.stringContaining('"nobody"'), expect.stringContaining('"private:0"')],
    });
  });
});
