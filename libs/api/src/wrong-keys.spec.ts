import { peerOf, WrongKeys } from './wrong-keys';

describe('Wrong keys', () => {
  it('are forgiven after a minute', () => {
    let now = 1000;
    const wrongKeys = new WrongKeys({ now: () => now });
    for (let count = 0; count < 9; count += 1) wrongKeys.note('10.0.0.1');
    expect(wrongKeys.waitOf('10.0.0.1')).toBe(0);
    wrongKeys.note('10.0.0.1');
    expect(wrongKeys.waitOf('10.0.0.1')).toBe(60);
    now += 59_500;
    expect(wrongKeys.waitOf('10.0.0.1')).toBe(1);
    now += 500;
    expect(wrongKeys.waitOf('10.0.0.1')).toBe(0);
    for (let count = 0; count < 9; count += 1) wrongKeys.note('10.0.0.1');
    expect(wrongKeys.waitOf('10.0.0.1')).toBe(0);
    wrongKeys.note('10.0.0.1');
    expect(wrongKeys.waitOf('10.0.0.1')).toBe(60);
  });

  it('of one peer do not hinder another', () => {
    const wrongKeys = new WrongKeys({ now: () => 0 });
    for (let count = 0; count < 10; count += 1) wrongKeys.note('10.0.0.1');
    expect(wrongKeys.waitOf('10.0.0.2')).toBe(0);
  });
});

describe('A peer', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::9', '2001:db8:1:2'],
    ['2001:0db8::1', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['', ''],
  ])('with the address %s counts as %s', (address, peer) => {
    expect(peerOf(address)).toBe(peer);
  });
});
