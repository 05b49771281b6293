import type { AddressContext, AllowList, Lookup } from './index';
import { fewAtATime, parseAllowList, resolveAllowed, systemLookup } from './index';

const context: AddressContext = {
  allow: parseAllowList('peer private public:80') as AllowList,
  source: 'reported',
  peer: '10.1.2.3',
};
const gives =
  (...addresses: string[]): Lookup =>
  async () =>
    addresses;
const url = 'http://box.example/cp';

describe('the address of a name', () => {
  it.each([
    ['the only one', ['10.9.9.9'], '10.9.9.9'],
    ['the first of several', ['10.9.9.8', '10.9.9.9'], '10.9.9.8'],
    ['that of the peer if it is among them', ['10.9.9.8', '10.1.2.3'], '10.1.2.3'],
    ['one of IPv6', ['fd12::1', 'fd12::2'], 'fd12::1'],
  ])('is %s', async (_, addresses, address) => {
    await expect(resolveAllowed(url, context, gives(...addresses))).resolves.toEqual({ kind: 'resolved', address });
  });

  it.each([
    ['one good and one forbidden', ['10.9.9.9', '169.254.169.254'], /box\.example.*metadata/],
    ['one forbidden and one good', ['127.0.0.1', '10.9.9.9'], /loopback/],
    ['a good IPv4 and a forbidden IPv6', ['10.9.9.9', '::1'], /loopback/],
    ['a good IPv6 and a forbidden one', ['fd12::1', 'fe80::1%eth0'], /link-local/],
    ['IPv4 inside IPv6', ['::ffff:127.0.0.1'], /loopback/],
    ['what is no address', ['box.example'], /no IP address/],
  ])('is refused with %s', async (_, addresses, detail) => {
    await expect(resolveAllowed(url, context, gives(...addresses))).resolves.toEqual({
      kind: 'not-sent',
      reason: 'address-refused',
      detail: expect.stringMatching(detail) as string,
    });
  });

  it('is refused at a port that is not listed', async () => {
    await expect(resolveAllowed('http://box.example:8080/', context, gives('8.8.8.8'))).resolves.toMatchObject({
      reason: 'address-refused',
      detail: expect.stringContaining('port 8080') as string,
    });
  });

  it('is judged anew each time, so that a name cannot turn bad later', async () => {
    const answers = [['10.9.9.9'], ['127.0.0.1']];
    const rebinding: Lookup = async () => answers.shift() ?? [];
    await expect(resolveAllowed(url, context, rebinding)).resolves.toEqual({ kind: 'resolved', address: '10.9.9.9' });
    await expect(resolveAllowed(url, context, rebinding)).resolves.toMatchObject({ reason: 'address-refused' });
  });

  it.each<[string, Lookup, RegExp]>([
    ['nobody knows it', async () => Promise.reject(Object.assign(new Error(), { code: 'ENOTFOUND' })), /ENOTFOUND/],
    ['the lookup fails otherwise', async () => Promise.reject(new Error('broken')), /failed/],
    ['there are no addresses', gives(), /no addresses/],
    ['the lookup hangs', () => new Promise(() => undefined), /within 20 ms/],
  ])('is unresolved when %s', async (_, lookup, detail) => {
    await expect(resolveAllowed(url, context, lookup, 20)).resolves.toEqual({
      kind: 'not-sent',
      reason: 'name-unresolved',
      detail: expect.stringMatching(detail) as string,
    });
  });

  it('is looked up as the URL parser reads it', async () => {
    const asked: string[] = [];
    const lookup: Lookup = async (name) => (asked.push(name), ['10.9.9.9']);
    await resolveAllowed('HTTP://BÜCHER.example:80/', context, lookup);
    expect(asked).toEqual(['xn--bcher-kva.example']);
  });
});

describe('an address in the URL itself', () => {
  const noLookup: Lookup = () => Promise.reject(new Error('asked'));

  it.each([
    ['http://10.9.9.9/', '10.9.9.9'],
    ['http://0xa090909/', '10.9.9.9'],
    ['http://[fd12::1]:8080/', 'fd12::1'],
  ])('needs no lookup: %s', async (text, address) => {
    await expect(resolveAllowed(text, context, noLookup)).resolves.toEqual({ kind: 'resolved', address });
  });

  it.each([
    ['http://2130706433/', /loopback/],
    ['http://[::1]/', /loopback/],
    ['ftp://10.9.9.9/', /http/],
  ])('is judged: %s', async (text, detail) => {
    await expect(resolveAllowed(text, context, noLookup)).resolves.toEqual({
      kind: 'not-sent',
      reason: 'address-refused',
      detail: expect.stringMatching(detail) as string,
    });
  });
});

describe('the names of this machine', () => {
  it('lead from localhost to loopback, which is refused', async () => {
    await expect(systemLookup('localhost')).resolves.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(127\.|::1)/)]),
    );
    await expect(resolveAllowed('http://localhost/', context)).resolves.toMatchObject({ reason: 'address-refused' });
  });
});

describe('lookups that are slow', () => {
  const turn = () => new Promise(setImmediate);

  /** Answers when it is told to: names that begin with `dead` with a failure. */
  function atHand() {
    const asked: string[] = [];
    const waiting: { readonly name: string; readonly end: () => void }[] = [];
    const lookup: Lookup = (name) => {
      asked.push(name);
      return new Promise((resolve, reject) => {
        const end = () => (name.startsWith('dead') ? reject(new Error(name)) : resolve([name]));
        waiting.push({ name, end });
      });
    };
    const few = fewAtATime(lookup, 2);
    const end = async () => {
      waiting.shift()?.end();
      await turn();
    };
    const endAll = async () => {
      for (await turn(); waiting.length > 0;) await end();
    };
    /** What was asked for since the last time. */
    const since = () => asked.splice(0);
    return { few, end, endAll, since };
  }

  it('wait for each other beyond so many, and are shared by those who ask for the same name', async () => {
    const { few, endAll, since } = atHand();
    const before = Promise.all(['a', 'b', 'c'].map(few));
    await endAll();
    await expect(before).resolves.toEqual([['a'], ['b'], ['c']]);
    expect(since()).toEqual(['a', 'b', 'c']);
    const found = Promise.all(['a', 'b', 'a', 'c'].map(few));
    await turn();
    expect(since()).toEqual(['a', 'b']);
    await endAll();
    await expect(found).resolves.toEqual([['a'], ['b'], ['a'], ['c']]);
    expect(since()).toEqual(['c']);
    void few('a');
    await turn();
    expect(since()).toEqual(['a']);
    await endAll();
  });

  it('leave a place to names that were found, whatever nobody answers', async () => {
    const { few, endAll, since } = atHand();
    const first = few('a');
    await endAll();
    await first;
    const dead = Promise.allSettled(['dead-1', 'dead-2', 'dead-3'].map(few));
    await turn();
    void few('a');
    await turn();
    expect(since()).toEqual(['a', 'dead-1', 'a']);
    await endAll();
    expect((await dead).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  });

  it('of names that were not found let new ones go before', async () => {
    const { few, end, endAll, since } = atHand();
    const names = ['dead-1', 'dead-2', 'dead-3', 'dead-4'];
    const before = Promise.allSettled(names.map(few));
    await endAll();
    await before;
    since();
    const again = Promise.allSettled(names.map(few));
    await turn();
    const added = few('new');
    await turn();
    await end();
    expect(since()).toEqual(['dead-1', 'new']);
    await endAll();
    await expect(added).resolves.toEqual(['new']);
    await again;
    expect(since()).toEqual(['dead-2', 'dead-3', 'dead-4']);
  });

  it('that fail let the next one through', async () => {
    const few = fewAtATime(() => Promise.reject(new Error('broken')), 1);
    await expect(few('a')).rejects.toThrow('broken');
    await expect(few('b')).rejects.toThrow('broken');
    await expect(few('b')).rejects.toThrow('broken');
  });
});
