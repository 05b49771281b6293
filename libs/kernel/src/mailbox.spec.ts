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
});
