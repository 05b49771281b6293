import { targetOf } from './target';

describe('a request target', () => {
  it.each([
    ['/ocpp', '/ocpp'],
    ['/OCPP/', '/ocpp'],
    ['/ocpp///', '/ocpp'],
    ['http://host:8080/Ocpp?x=1', '/ocpp'],
    ['/', '/'],
    ['//', '/'],
  ])('%s is %s', (url, path) => {
    expect(targetOf(url).path).toBe(path);
  });

  it('costs no more than its length, full of slashes', () => {
    const price = (length: number) => {
      const url = `${'/'.repeat(length)}x`;
      const times = Array.from({ length: 4 }, () => {
        const begin = process.cpuUsage();
        targetOf(url);
        return process.cpuUsage(begin).user / 1_000;
      });
      return Math.max(0.5, Math.min(...times));
    };
    expect(price(64_000)).toBeLessThan(32 * price(8_000));
  });
});
