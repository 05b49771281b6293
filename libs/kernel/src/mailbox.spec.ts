import { Mailbox } from './mailbox';

describe('a mailbox', () => {
  it('refuses what waited longer than it may, and works on what comes after', async () => {
    let now = 0;
    const mailbox = new Mailbox({ patience: 10, now: () => now });
    const done: string[] = [];
    let free: () => void = () => undefined;
    const slow = mailbox.post(() => new Promise<void>((resolve) => (free = resolve)));
    const late = mailbox.post(async () => done.push('late'));
    now = 11;
    const early = mailbox.post(async () => done.push('early'));
    free();
    await slow;
    await expect(late).rejects.toMatchObject({ code: 'overloaded' });
    await early;
    expect(done).toEqual(['early']);
  });

  it('takes no more than may wait', async () => {
    const mailbox = new Mailbox({ capacity: 1 });
    let free: () => void = () => undefined;
    const first = mailbox.post(() => new Promise<void>((resolve) => (free = resolve)));
    const second = mailbox.post(async () => 'second');
    await expect(mailbox.post(async () => 'third')).rejects.toMatchObject({ code: 'mailbox-full' });
    free();
    await first;
    expect(await second).toBe('second');
  });

  it('tells when everything that was posted before has ended, also when it is full', async () => {
    const mailbox = new Mailbox({ capacity: 1 });
    await mailbox.settled();
    let free: () => void = () => undefined;
    const until = () => new Promise<void>((resolve) => (free = resolve));
    const done: string[] = [];
    const first = mailbox.post(until);
    const second = mailbox.post(async () => {
      done.push('second');
      throw new Error('failed');
    });
    const settled = mailbox.settled().then(() => done.push('settled'));
    free();
    await first;
    const third = second.catch(() => mailbox.post(until).then(() => done.push('third')));
    await settled;
    expect(mailbox.idle).toBe(false);
    free();
    await third;
    expect(done).toEqual(['second', 'settled', 'third']);
  });
});
