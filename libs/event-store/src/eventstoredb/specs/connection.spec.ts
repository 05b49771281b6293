import { connectionFaults, openEventStoreDb, redacted } from '../../index';
import { parsedConnection } from '../connection';

const secret = 'sw0rd';

describe('a connection string', () => {
  it.each([
    ['esdb://a.example', 'esdb://a.example:2113?'],
    ['kurrentdb://a.example:2114', 'esdb://a.example:2114?'],
    ['kurrentdb+discover://all.example', 'esdb+discover://all.example:2113?'],
    [' esdb://a,b:1,c/ ', 'esdb://a:2113,b:1,c:2113?'],
  ])('%s is understood', (text, start) => {
    const insecure = `${text.trim()}?tls=false`;
    expect(parsedConnection(insecure).text(0).startsWith(`${start}tls=false`)).toBe(true);
  });

  it.each([
    ['user:pass@h', { username: 'user', password: 'pass' }],
    ['us%40er:p%3Aa%2Fs%25s@h', { username: 'us@er', password: 'p:a/s%s' }],
    ['user:p:a@s/s@h', { username: 'user', password: 'p:a@s/s' }],
  ])('says who calls: %s', (place, credentials) => {
    const parsed = parsedConnection(`esdb://${place}`);
    expect(parsed.credentials).toEqual(credentials);
    expect(parsed.hosts).toEqual(['h:2113']);
    const { username, password } = credentials;
    expect(parsed.text(0)).toContain(`://${encodeURIComponent(username)}:${encodeURIComponent(password)}@h:2113?`);
  });

  it('names the connection, unless it has a name', () => {
    expect(parsedConnection('esdb://h?tls=false').text(0)).toContain('connectionName=ocpp-central-system');
    expect(parsedConnection('esdb://h?TLS=false&ConnectionName=mine').text(0)).toContain('connectionName=mine&');
  });

  it('asks the leader, unless what is read may lag', () => {
    for (const text of ['esdb://a,b?tls=false', 'esdb://a,b?tls=false&NodePreference=follower']) {
      expect(
        parsedConnection(text)
          .text(0)
          .match(/nodePreference=\w+/g),
      ).toEqual(['nodePreference=leader']);
    }
    expect(parsedConnection('esdb://a,b?tls=false&nodePreference=follower', true).text(0)).toContain('=follower');
  });

  it('gives each client a connection of its own', () => {
    const { text } = parsedConnection('esdb://h?tls=false&keepAliveTimeout=-1');
    expect(text(1)).toContain('&keepAliveTimeout=1000000001');
    expect(text(2)).not.toBe(text(1));
  });

  it.each([
    ['', 'must begin with'],
    ['http://h', 'must begin with'],
    ['esdb://', 'host 1'],
    ['esdb://h:0?tls=false', 'port'],
    ['esdb://h:port?tls=false', 'port'],
    ['esdb://[::1]:2113?tls=false', 'IPv6'],
    ['esdb+discover://a,b?tls=false', 'one host'],
    ['esdb://h', 'needs a user'],
    ['esdb://user@h', 'a colon and a password'],
    ['esdb://user:100%@h', '%25'],
    ['esdb://h?tls=no', 'tls must be true or false'],
    ['esdb://h?tls=false&nodePreference=nearest', 'nodePreference must be one of'],
    ['esdb://h?tls=false&gossipTimeout=1s', 'gossipTimeout must be a whole number'],
    ['esdb://h?tls=false&tlsVerifyCert=false', 'tlsCAFile'],
    ['esdb://h?tls=false&throwOnAppendFailure=false', 'must stay true'],
    ['esdb://h?tls=false&color=red', 'color is no setting'],
    ['esdb://u:p@h?tlsCAFile=/nowhere/ca.crt', 'no such file'],
  ])('%s is refused, and why', (text, why) => {
    expect(connectionFaults(text).join('; ')).toContain(why);
  });

  it('is refused with all that is wrong, and without its secrets', async () => {
    const text = `esdb://user:pas?${secret}@h:x?tls=no&color=red`;
    const refusal = openEventStoreDb({ connectionString: text });
    await expect(refusal).rejects.toMatchObject({ code: 'store-connection-invalid' });
    const { message, stack } = (await refusal.catch((error: unknown) => error)) as Error;
    expect(message).toContain('%3F');
    expect(`${message}${stack}`).not.toContain(secret);
  });

  it.each([
    [`esdb://user:${secret}@h:1?tls=false`, 'esdb://***@h:1?tls=false'],
    [`esdb+discover://user:a@${secret}@h`, 'esdb+discover://***@h'],
    [`user:${secret}@h`, '***@h'],
    [`esdb://user:a?${secret}@h`, 'esdb://***@h'],
    ['esdb://h:1', 'esdb://h:1'],
  ])('shows nobody its secret: %s', (text, shown) => {
    expect(redacted(text)).toBe(shown);
  });
});
