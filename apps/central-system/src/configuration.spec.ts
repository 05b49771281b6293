import { readConfiguration, renderConfiguration, variables } from './configuration';

describe('the configuration', () => {
  it('has a default for everything', () => {
    expect(readConfiguration({})).toMatchObject({
      SOAP_PORT: 8080,
      SOAP_PATH: '/ocpp',
      API_PORT: 3000,
      API_HOST: '127.0.0.1',
      CHARGE_BOX_REGISTRATION: 'known',
      ID_TAG_POLICY: 'known',
      OCPP_STRICT: false,
    });
  });

  it('takes an empty variable for one that is not set', () => {
    expect(readConfiguration({ SOAP_PORT: '', API_KEY: '' })).toMatchObject({ SOAP_PORT: 8080, API_KEY: undefined });
  });

  it('names everything that is wrong at once, but never a key', () => {
    const read = readConfiguration({
      SOAP_PORT: '99999',
      HEARTBEAT_INTERVAL: 'soon',
      EVENT_STORE: 'paper',
      API_KEY: 'short',
      SOAP_PATH: 'ocpp',
      DATA_TRANSFER_VENDORS: '/x',
    });
    const faults = 'faults' in read ? read.faults : [];
    expect(faults).toHaveLength(6);
    for (const name of [
      'SOAP_PORT',
      'HEARTBEAT_INTERVAL',
      'EVENT_STORE',
      'API_KEY',
      'SOAP_PATH',
      'DATA_TRANSFER_VENDORS',
    ]) {
      expect(faults.some((fault) => fault.startsWith(`${name} `))).toBe(true);
    }
    expect(faults.join()).not.toContain('short)');
    expect(faults.find((fault) => fault.startsWith('SOAP_PORT'))).toBe(
      'SOAP_PORT must be between 0 and 65535 (it is "99999")',
    );
  });

  it('is described in one table', () => {
    for (const name of Object.keys(variables)) expect(renderConfiguration()).toContain(`| \`${name}\` |`);
  });

  it('repeats nothing of a connection string that it finds fault with', () => {
    const read = readConfiguration({ EVENT_STORE: 'esdb://boss:secret@host:2113?tls=perhaps&nonsense=1' });
    const faults = 'faults' in read ? read.faults : [];
    expect(faults.length).toBeGreaterThan(1);
    for (const fault of faults) expect(fault).toMatch(/^EVENT_STORE is no connection string that can be used: /);
    expect(faults.join()).not.toContain('secret');
  });

  it('takes projections only where the history is kept', () => {
    const read = readConfiguration({ PROJECTIONS_DIR: '/srv/projections', EVENT_STORE: 'memory' });
    expect('faults' in read && read.faults).toEqual([
      'PROJECTIONS_DIR needs a history that is kept: give an EVENT_STORE other than memory, or leave it out',
    ]);
    expect(readConfiguration({ PROJECTIONS_DIR: '/srv/projections' })).toMatchObject({
      PROJECTIONS_DIR: '/srv/projections',
    });
  });

  it('takes as addresses of webhooks what can be one', () => {
    const read = readConfiguration({ WEBHOOK_ALLOW: 'public peer:80 10.0.0.1/8' });
    const faults = 'faults' in read ? read.faults : [];
    expect(faults).toEqual([expect.stringContaining('is not where a network begins')]);
    const strange = readConfiguration({ WEBHOOK_ALLOW: 'public peer:80' });
    expect('faults' in strange && strange.faults).toEqual([
      'WEBHOOK_ALLOW has peer, which means nothing here (it is "public peer:80")',
    ]);
    expect(readConfiguration({ WEBHOOK_ALLOW: 'private:443', OUTBOUND_ALLOW: 'peer public' })).not.toHaveProperty(
      'faults',
    );
  });

  it('takes no port twice', () => {
    const read = readConfiguration({ SOAP_PORT: '3000' });
    expect('faults' in read && read.faults).toEqual(['API_PORT must differ from SOAP_PORT (both are 3000)']);
    expect(readConfiguration({ SOAP_PORT: '0', API_PORT: '0' })).not.toHaveProperty('faults');
  });
});
