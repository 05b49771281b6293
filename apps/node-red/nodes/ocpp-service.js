'use strict';

const { Api } = require('../lib/api');

/** Where the service is, and the key to it. */
module.exports = (RED) => {
  function OcppService(config) {
    RED.nodes.createNode(this, config);
    const key = this.credentials?.key;
    const tls = {};
    if (config.tls) RED.nodes.getNode(config.tls)?.addTLSOptions?.(tls);
    try {
      this.api = new Api({ url: config.url, key, tls });
    } catch (error) {
      this.missing = error.message;
      this.error(error.message);
    }
    if (this.api !== undefined && !key) this.warn('No API key is entered; the service will refuse every call.');
    this.on('close', () => this.api?.close());
  }
  RED.nodes.registerType('ocpp-service', OcppService, { credentials: { key: { type: 'password' } } });
};
