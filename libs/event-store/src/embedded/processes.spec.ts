import { NO_STREAM } from '@app/kernel';
import { events, ids, stored } from '../contract/store-under-test';
import { lines, otherProcess, trialFolder } from '../contract/trial-folder';
import { openEmbeddedStore } from '../index';

describe('the embedded event store among processes', () => {
  const newFile = trialFolder();
  const tryToOpen = `
    await openEmbeddedStore({ file }).then((store) => store.close()).then(() => console.log('opened'),
      (error) => console.log(error.code, error.message.includes(file)));`;

  it('has one writer: a second one is refused with the name of the file', async () => {
    const file = newFile();
    const store = await openEmbeddedStore({ file });
    await expect(openEmbeddedStore({ file })).rejects.toMatchObject({
      code: 'store-in-use',
      message: expect.stringContaining(file) as string,
    });
    expect(await lines(otherProcess(file, tryToOpen))).toEqual(['store-in-use true']);
    expect(await store.append('a', events(1), NO_STREAM)).toMatchObject({ outcome: 'appended' });
    await store.close();
    expect(await lines(otherProcess(file, tryToOpen))).toEqual(['opened']);
  });

  it('has every event that was acknowledged before the process was killed', async () => {
    const file = newFile();
    const child = otherProcess(
      file,
      `
      const store = await openEmbeddedStore({ file });
      const metadata = { schema: 1, correlationId: 'c', causationId: 'c', actor: 'system', receivedAt: '' };
      const writer = async (n) => {
        for (let i = 0; ; i += 1) {
          const id = n + '-' + i;
          await store.append('stream-' + n, [{ id, type: 'T', data: { text: 'x'.repeat(300) }, metadata }], i - 1);
          process.stdout.write(id + '\\n');
        }
      };
      for (let n = 0; n < 20; n += 1) void writer(n);`,
    );
    const died = new Promise((resolve) => child.once('close', resolve));
    const everything = lines(child);
    await lines(child, 2000);
    child.kill('SIGKILL');
    await died;
    const acknowledged = await everything;
    const store = await openEmbeddedStore({ file });
    const found = new Set<string>();
    for (let n = 0; n < 20; n += 1) for (const id of ids(await stored(store, `stream-${n}`))) found.add(id);
    await store.close();
    expect(acknowledged.length).toBeGreaterThanOrEqual(2000);
    expect(acknowledged.filter((id) => !found.has(id))).toEqual([]);
  });

  it('shows what another process appends', async () => {
    const file = newFile();
    const store = await openEmbeddedStore({ file });
    await store.append('a', events(2), 'any');
    const child = otherProcess(
      file,
      `
      const store = await openEmbeddedStore({ file, readOnly: true });
      let count = 0;
      const subscription = store.subscribe({ after: '' }, async ({ events, caughtUp }) => {
        count += events.length;
        console.log(count);
        if (count === 5) await store.close();
      });
      await subscription.ended.catch((error) => console.log(error.code));`,
    );
    const everything = lines(child);
    expect(await lines(child, 1)).toEqual(['2']);
    await store.append('a', events(3), 'any');
    expect(await everything).toEqual(['2', '5', 'store-closed']);
    await store.close();
  });
});
