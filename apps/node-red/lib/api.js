'use strict';

const http = require('node:http');
const https = require('node:https');
const { deadline } = require('./deadline');
const { EventReader } = require('./event-reader');
const { BadInput, Refused, Unreachable } = require('./problems');

/** Bytes of an answer that is read whole. */
const largestAnswer = 8 * 1_048_576;
/** Milliseconds without a byte after which a feed counts as lost; the service gives a sign of life every fifteen seconds. */
const patience = 45_000;
const callPatience = 30_000;

/** The API of the service, over HTTP. */
class Api {
  constructor({ url, key, tls = {} }) {
    this.base = baseOf(url);
    this.key = key ?? '';
    this.tls = tls;
    const { Agent } = this.base.protocol === 'https:' ? https : http;
    this.agent = new Agent({ keepAlive: true, maxSockets: 32 });
    this.inFlight = 0;
    this.isClosing = false;
  }

  /** What is on its way arrives; nodes take things back while they close. */
  close() {
    this.isClosing = true;
    if (this.inFlight === 0) this.agent.destroy();
  }

  /** Sends JSON, and resolves with the answer; rejects with what the service refuses, or that it is out of reach. */
  async call(method, path, { body, query, signal, onResend } = {}) {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers =
      text === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) };
    const watch = deadline(Date.now() + callPatience, signal);
    this.inFlight += 1;
    try {
      const agent = this.isClosing ? false : this.agent;
      return await answerOf(
        await this.ask(method, path, { query, headers, text, signal: watch.signal, agent, onResend }),
      );
    } catch (error) {
      throw this.understood(error);
    } finally {
      watch.clear();
      this.inFlight -= 1;
      if (this.isClosing && this.inFlight === 0) this.agent.destroy();
    }
  }

  /** The messages of a feed, from one connection. */
  async *events(path, { query, last, signal, onOpen }) {
    const silence = new AbortController();
    const watch = setTimeout(() => silence.abort(), patience);
    try {
      const response = await this.ask('GET', path, {
        query,
        headers: { Accept: 'text/event-stream', ...(last === undefined ? {} : { 'Last-Event-ID': last }) },
        signal: AbortSignal.any([silence.signal, signal]),
        agent: false,
      });
      if (response.statusCode !== 200) throw problemFrom(response, jsonOf(await wholeOf(response)));
      onOpen?.();
      const reader = new EventReader();
      response.setEncoding('utf8');
      for await (const chunk of response) {
        watch.refresh();
        yield* reader.take(chunk);
      }
    } catch (error) {
      throw this.understood(error);
    } finally {
      clearTimeout(watch);
      // Whoever stops following must not leave a connection open.
      silence.abort();
    }
  }

  ask(method, path, given) {
    const { query = {}, headers, text, signal, agent } = given;
    const url = urlOf(this.base, path, query);
    const { request } = url.protocol === 'https:' ? https : http;
    const options = {
      method,
      headers: { Authorization: `Bearer ${this.key}`, ...headers },
      signal,
      agent,
      ...(url.protocol === 'https:' ? this.tls : {}),
    };
    return new Promise((resolve, reject) => {
      const outgoing = request(url, options, resolve);
      outgoing.on('error', (error) => {
        // A kept connection may have been closed by the other side just now; that is no failure of the service.
        if (outgoing.reusedSocket && error.code === 'ECONNRESET') {
          given.onResend?.();
          return resolve(this.ask(method, path, { ...given, agent: false }));
        }
        return reject(this.lost(error));
      });
      outgoing.end(text);
    });
  }

  understood(error) {
    return error instanceof Refused || error instanceof Unreachable ? error : this.lost(error);
  }

  lost(error) {
    if (error.name === 'AbortError' || error.code === 'ABORT_ERR')
      return new Unreachable(`${this.base.origin} does not answer.`);
    return new Unreachable(`${this.base.origin} cannot be reached: ${error.code ?? error.message}`);
  }
}

function baseOf(url) {
  let base;
  try {
    base = new URL(String(url).trim());
  } catch {
    throw new BadInput(
      `"${String(url).slice(0, 100)}" is no address of a service. Give one such as http://127.0.0.1:3000.`,
    );
  }
  if (base.protocol !== 'http:' && base.protocol !== 'https:')
    throw new BadInput(`The address of the service begins with http: or https:, not with ${base.protocol}`);
  return base;
}

function urlOf(base, path, query) {
  const url = new URL(base.pathname.replace(/\/+$/, '') + path, base);
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) url.searchParams.append(name, String(one));
  }
  return url;
}

async function answerOf(response) {
  const body = jsonOf(await wholeOf(response));
  if (response.statusCode >= 300) throw problemFrom(response, body);
  return { status: response.statusCode, body: body ?? {} };
}

async function wholeOf(response) {
  const chunks = [];
  let length = 0;
  for await (const chunk of response) {
    length += chunk.length;
    if (length > largestAnswer) throw new Unreachable('The service answered with more than can be read.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function jsonOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function problemFrom({ statusCode, headers }, problem) {
  const passes = statusCode >= 500 || statusCode === 429 || statusCode === 408;
  const given = problem !== null && typeof problem === 'object' ? problem : {};
  if (!passes) return new Refused(statusCode, statusCode === 401 ? wrongKey(given) : given);
  const retryAfter = Number(headers['retry-after'] ?? 0) * 1_000;
  const reason = given.detail ?? `It answered with status ${statusCode}.`;
  return new Unreachable(`The service cannot serve now. ${reason}`, Number.isFinite(retryAfter) ? retryAfter : 0);
}

const wrongKey = ({ type }) => ({
  type,
  detail: 'The service refuses the API key. Enter the right one in the ocpp-service node.',
});

module.exports = { Api };
